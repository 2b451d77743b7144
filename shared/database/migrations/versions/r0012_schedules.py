"""Schedules, their runs and the history of their changes; how a run ends when its job and its reports end."""

from alembic import op

from shared.database.migrations import access

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# next_run_at is null where nothing is to run (paused, ended, deleted), so the index of what may be due holds just those
# that will run, in the order in which they will.
_TABLES = """
create table schedule (
    id uuid primary key,
    tenant_id uuid not null references tenant on delete cascade,
    name text not null check (char_length(name) between 1 and 200),
    description text not null default '' check (char_length(description) <= 2000),
    enabled boolean not null default true,
    timing jsonb not null,
    time_zone text not null,
    starts_at timestamptz not null,
    ends_at timestamptz check (ends_at > starts_at),
    work_kind text not null,
    work jsonb not null,
    client_ids uuid[] not null default '{}',
    connection_id uuid,
    rules jsonb not null,
    next_planned_at timestamptz,
    next_run_at timestamptz,
    last_planned_at timestamptz,
    last_claimed_at timestamptz,
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    deleted_at timestamptz,
    unique (tenant_id, id),
    check ((next_planned_at is null) = (next_run_at is null)),
    check (next_run_at is null or (enabled and deleted_at is null))
);
create index schedule_due on schedule (next_run_at) where next_run_at is not null;
create index schedule_newest on schedule (tenant_id, id desc) where deleted_at is null;
create index schedule_by_name on schedule (tenant_id, lower(name), id) where deleted_at is null;
create index schedule_by_next_run on schedule (tenant_id, next_run_at, id) where deleted_at is null;
create index schedule_of_clients on schedule using gin (client_ids) where deleted_at is null;

create table schedule_run (
    id uuid primary key,
    tenant_id uuid not null,
    schedule_id uuid not null,
    work_kind text not null,
    trigger text not null check (trigger in ('schedule', 'catch_up', 'manual')),
    planned_at timestamptz not null,
    due_at timestamptz not null,
    last_planned_at timestamptz,
    occurrences integer not null default 1,
    state text not null check (state in
        ('waiting', 'started', 'succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'expired')),
    reason_code text,
    reason text,
    late_s integer not null default 0 check (late_s >= 0),
    job_id uuid,
    awaited integer not null default 0,
    ordered_count integer not null default 0,
    failed_count integer not null default 0,
    details jsonb not null default '{}',
    expires_at timestamptz,
    created_at timestamptz not null default now(),
    finished_at timestamptz,
    unique (tenant_id, id),
    foreign key (tenant_id, schedule_id) references schedule (tenant_id, id) on delete cascade,
    check ((state in ('waiting', 'started')) = (finished_at is null))
);
-- However many tick, and whatever their clocks say: no run time of a schedule is run twice.
create unique index schedule_run_once on schedule_run (schedule_id, planned_at) where trigger <> 'manual';
create index schedule_run_newest on schedule_run (tenant_id, schedule_id, id desc);
create index schedule_run_active on schedule_run (schedule_id) where state in ('waiting', 'started');
create index schedule_run_waiting on schedule_run (schedule_id, id) where state = 'waiting';
create index schedule_run_succeeded on schedule_run (work_kind, finished_at desc) where state = 'succeeded';
create index schedule_run_age on schedule_run (tenant_id, finished_at) where finished_at is not null;

create table schedule_change (
    id uuid primary key,
    tenant_id uuid not null,
    schedule_id uuid not null,
    action text not null,
    actor_key_id uuid,
    actor_name text not null,
    before jsonb,
    after jsonb,
    created_at timestamptz not null default now(),
    foreign key (tenant_id, schedule_id) references schedule (tenant_id, id) on delete cascade
);
create index schedule_change_newest on schedule_change (tenant_id, schedule_id, id desc);

alter table job add column schedule_run_id uuid, add column expires_at timestamptz;
create index job_expiring on job (expires_at) where state = 'queued' and expires_at is not null;
alter table report add column schedule_run_id uuid;
create index report_of_schedule_run on report (tenant_id, schedule_run_id) where schedule_run_id is not null;
"""

# A run ends when its job and every report that the job ordered have ended. Many hands end jobs and reports (workers, the
# sweep, requests to cancel); the database sees all of them, in their own transactions.
_RUN_ENDS = """
create function note_end_of_scheduled_work() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
    update public.schedule_run set
        awaited = awaited - 1,
        failed_count = failed_count + case when new.state in ('failed', 'cancelled') then 1 else 0 end,
        reason_code = coalesce(reason_code, new.error_code),
        reason = coalesce(reason, new.error_text),
        state = case
            when awaited > 1 then state
            when new.error_code = 'expired' then 'expired'
            when failed_count > 0 or new.state = 'failed' then 'failed'
            when new.state = 'cancelled' then 'cancelled'
            else 'succeeded' end,
        finished_at = case when awaited > 1 then null else clock_timestamp() end
    where id = new.schedule_run_id and state = 'started';
    return null;
end $$;
create trigger scheduled_job_ended after update of state on job for each row
    when (new.schedule_run_id is not null and new.finished_at is not null and old.finished_at is null)
    execute function note_end_of_scheduled_work();
create trigger scheduled_report_ended after update of state on report for each row
    when (new.schedule_run_id is not null and new.finished_at is not null and old.finished_at is null)
    execute function note_end_of_scheduled_work();
"""
_TENANT_TABLES = ("schedule", "schedule_run", "schedule_change")
# The tick claims across tenants; it neither makes schedules nor writes their history.
_SYSTEM_RIGHTS = {"schedule": "select, update", "schedule_run": "select, insert, update"}


def upgrade() -> None:
    op.execute(_TABLES)
    op.execute(_RUN_ENDS)
    access.add_tenant_tables(*_TENANT_TABLES)
    access.open_across_tenants(_SYSTEM_RIGHTS)
