-- A hit of the leak gate that an operator let pass: this one, in this notice, for a
-- reason. It holds what the gate tells of it, never the name itself.
create table allowed_leak (
	notice_id text not null references notice (id),
	kind      text not null,
	owner     text not null,
	place     text not null,
	how       text not null,
	operator  text not null check (operator <> ''),
	reason    text not null check (reason <> ''),
	at_ms     bigint not null,
	primary key (notice_id, kind, owner, place, how)
);
