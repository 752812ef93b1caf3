-- Whose doing it was, so that what was taken away stays away.
alter table person add column suspended_by TEXT not null default '';
alter table ticket add column why TEXT not null default '';
alter table managed_device add column link_by TEXT not null default '';
alter table device_onboarding add column ended BIGINT not null default 0;
-- Links end with the power of who made them.
create index ticket_maker on ticket (made_by) where used = 0 and revoked = 0;
create index ticket_orphaned on ticket (created, id) where why <> '';
create index managed_device_linker on managed_device (link_by) where link_by <> '';
create index device_onboarding_maker on device_onboarding (made_by) where used = 0 and ended = 0;
