-- Conversations belong to the principal that began them; those of before to the local one.
ALTER TABLE conversations ADD COLUMN owner TEXT NOT NULL DEFAULT 'local';
-- What a workflow keeps of its steps, as JSON.
ALTER TABLE conversations ADD COLUMN state TEXT NOT NULL DEFAULT '';
