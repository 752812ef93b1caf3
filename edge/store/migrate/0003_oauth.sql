-- What an application must prove and may ask for, what its tokens are bound
-- to, and when a signing key begins and is over. Each default is what was so
-- before.
alter table app add column auth_method TEXT not null default '';
alter table app add column jwks TEXT not null default '';
alter table app add column require_par BIGINT not null default 0;
alter table app add column require_dpop BIGINT not null default 0;
alter table app add column logout_uri TEXT not null default '';
alter table app add column min_aal BIGINT not null default 0;
alter table app add column require_acr TEXT not null default '';
alter table app add column groups TEXT not null default '[]';
alter table app add column max_age BIGINT not null default 0;
alter table app add column kinds TEXT not null default '[]';
alter table app add column owners TEXT not null default '[]';
alter table app add column domains TEXT not null default '[]';

alter table app_grant add column jkt TEXT not null default '';
alter table app_grant add column kind TEXT not null default '';
alter table app_grant add column audience TEXT not null default '';
alter table app_grant add column subject_app TEXT not null default '';

alter table token add column jkt TEXT not null default '';

alter table signing_key add column starts BIGINT not null default 0;
alter table signing_key add column withdrawn BIGINT not null default 0;
