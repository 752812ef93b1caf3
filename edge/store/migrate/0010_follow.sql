-- How far each follower of the log has read. Ephemera: a follower that has
-- none begins at the end of the log.
create table follower (
  id TEXT primary key,
  next BIGINT not null
);
