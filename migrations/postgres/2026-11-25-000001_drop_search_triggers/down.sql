-- PostgreSQL has no such triggers. All engines have the same list of migrations.
SELECT 1;
