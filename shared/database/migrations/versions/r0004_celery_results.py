"""Where Celery keeps the results of tasks that somebody waits for."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# As celery.backends.database.models of Celery 5.7 has them, extended columns included, so that it never has to add any.
# A schema of their own: Celery unpickles rows that it cannot decode, so nobody else may write here.
_RESULTS = """
create schema celery_results;
create sequence celery_results.task_id_sequence;
create sequence celery_results.taskset_id_sequence;

create table celery_results.celery_taskmeta (
    id bigint primary key default nextval('celery_results.task_id_sequence'),
    task_id varchar(155) unique,
    status varchar(50),
    result bytea,
    date_done timestamp without time zone,
    traceback text,
    children bytea,
    name varchar(155),
    args bytea,
    kwargs bytea,
    worker varchar(155),
    retries integer,
    queue varchar(155),
    stamps bytea
);
create index celery_taskmeta_done on celery_results.celery_taskmeta (date_done);

create table celery_results.celery_tasksetmeta (
    id bigint primary key default nextval('celery_results.taskset_id_sequence'),
    taskset_id varchar(155) unique,
    result bytea,
    date_done timestamp without time zone
);
create index celery_tasksetmeta_done on celery_results.celery_tasksetmeta (date_done);

revoke all on schema celery_results from public;
grant usage on schema celery_results to advisor_app, advisor_system;
grant usage on all sequences in schema celery_results to advisor_app;
grant select, insert, update, delete on all tables in schema celery_results to advisor_app;
grant select, delete on all tables in schema celery_results to advisor_system;
"""


def upgrade() -> None:
    op.execute(_RESULTS)
