-- Trade controls: import permits, a copy loaded every night.
DROP SCHEMA IF EXISTS lic CASCADE;
CREATE SCHEMA lic;

CREATE TABLE lic.permit (
    id integer NOT NULL,
    permit_no varchar(12) NOT NULL,        -- GC-0012345
    permit_type varchar(12),
    state char(1),
    holder_name varchar(80),
    holder_bn varchar(15),
    eff_date date,
    exp_date date,
    deleted_at timestamp
);
CREATE TABLE lic.permit_origin (permit_id integer NOT NULL, country varchar(2) NOT NULL);
CREATE TABLE lic.permit_line (
    permit_id integer NOT NULL, line_no smallint NOT NULL, hs_prefix varchar(10),
    qty_auth numeric(14, 3), qty_rsvd numeric(14, 3), qty_used numeric(14, 3), uom varchar(3)
);
CREATE TABLE lic.release_check (
    transaction_no varchar(14) NOT NULL, line_no smallint NOT NULL, outcome char(1), reason varchar(20), checked_at timestamp NOT NULL
);
CREATE TABLE lic.load_log (load_id integer NOT NULL, loaded_at timestamptz NOT NULL, row_count integer);
