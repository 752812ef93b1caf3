-- BLOBs of the FIDO Metadata Service that were imported. The current one has
-- the highest number.
create table metadata_blob (
  id TEXT primary key,
  no BIGINT not null,
  next_update BIGINT not null,
  imported BIGINT not null,
  by_actor TEXT not null,
  source TEXT not null,
  root BYTES not null,
  size BIGINT not null,
  models BIGINT not null,
  skipped BIGINT not null,
  legal TEXT not null
);
create index metadata_blob_no on metadata_blob (no);

-- The bytes of the current one, in parts, beside the log: they have some
-- megabytes, and the id of the record is their SHA-256, so nothing can be put
-- in their place. The id of a part is that of the record, / and its number.
create table metadata_body (
  id TEXT primary key,
  blob TEXT not null,
  part BIGINT not null,
  body BYTES not null
);
create index metadata_body_blob on metadata_body (blob, part);
