-- PostgreSQL updates its index itself. All engines have the same list of migrations.
SELECT 1;
