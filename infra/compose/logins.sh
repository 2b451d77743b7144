#!/bin/bash
# Run by the PostgreSQL image when its data folder is new: the roles and logins of the product, and its database.
set -euo pipefail

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname=postgres \
    --set=owner="$DB_OWNER_PASSWORD" --set=service="$DB_PASSWORD" --set=upkeep="$DB_SYSTEM_PASSWORD" <<'SQL'
create role advisor_app nologin;
create role advisor_system nologin;
create role advisor_owner login password :'owner';
grant advisor_system to advisor_owner with admin option;
create role advisor_service login password :'service' in role advisor_app;
create role advisor_upkeep login password :'upkeep' in role advisor_system;
create database advisor owner advisor_owner template template0 encoding 'UTF8';
revoke all on database advisor from public;
grant connect, temporary on database advisor to advisor_app, advisor_system;
SQL
