-- Erasure of a report: asked for, then done. What is left of it is what statistics
-- need: that there was one, when, from which sector, and what became of it.
alter table report add column erase_ms bigint;
alter table report add column erased_ms bigint;
alter table report add column ceptoar_id text references ceptoar (id);
create index report_erase on report (erase_ms, erased_ms);
