DROP TABLE api_keys;
DROP TABLE secrets;

-- An earlier version cannot distinguish the records of different owners, so only the records
-- without an owner remain.
DELETE FROM idempotency_keys WHERE substr(key, 1, 1) <> ':';
UPDATE idempotency_keys SET key = ' ' || substr(key, 2);
UPDATE idempotency_keys SET key = substr(key, 2);
