-- What the console's lists and its search are found by. A sign-in pays for one
-- of these indexes only, that of open sessions: the others are on what sign-ins
-- do not change, and those of the log leave out the five kinds of record that
-- sign-ins write. Those are most of the log, so a page of them is found from
-- its end. Store's notBusy says the same, word for word; as "not
-- in (…)" SQLite would build a table of them for each record.
create index log_leaf_type on log_leaf (type, idx)
  where type <> 'credential.used' and type <> 'session.opened' and type <> 'grant.issued' and type <> 'grant.redeemed' and type <> 'token.refreshed';
create index log_leaf_actor on log_leaf (actor, idx)
  where type <> 'credential.used' and type <> 'session.opened' and type <> 'grant.issued' and type <> 'grant.redeemed' and type <> 'token.refreshed';
create index log_leaf_about on log_leaf (subject, idx)
  where type <> 'credential.used' and type <> 'session.opened' and type <> 'grant.issued' and type <> 'grant.redeemed' and type <> 'token.refreshed';

-- The beginning of the whole name, and of its last word: what rtrim leaves when
-- it takes every letter of the name from the end is all up to the last space.
create index person_first_word on person (lower(name), id);
create index person_last_word on person (lower(substr(name, length(rtrim(name, replace(name, ' ', ''))) + 1)), id);
create index person_status on person (status, lower(name), id);
create index person_created on person (created, id);

-- By what the inventory counts; see credential.Observe, which leaves be alone.
create index credential_alike on credential (status, be, aaguid, provenance);
create index credential_created on credential (created, id);
create index credential_name on credential (lower(name), id);
create index ticket_created on ticket (created, id);
create index api_token_created on api_token (created, id);

-- Sessions that were not ended, by the last proof: the living are at its end,
-- and the dead among them are told without reading their rows.
create index session_open on session (auth_time, id, expires, aal) where ended = 0;
