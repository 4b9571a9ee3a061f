-- The ledger, version 1. One text for SQLite and PostgreSQL: placeholders $1,
-- times as bigint milliseconds since 1970 UTC, truth values as integers 0 and 1.
-- Every list of states below is compared with the tables in code by a test.

create table lease (
	name       text primary key,
	owner      text not null,
	epoch      bigint not null,
	expires_ms bigint not null
);

-- The chain of moves. audit_head is the row that every writer takes first, which
-- makes writers queue up and the chain have one end.
create table audit (
	seq        bigint primary key,
	at_ms      bigint not null,
	actor      text not null check (actor <> ''),
	noun       text not null,
	subject    text not null,
	move       text not null,
	detail     text not null,
	mac        text not null check (length(mac) = 64)
);
create index audit_subject on audit (subject, seq);
create table audit_head (
	only_one integer primary key check (only_one = 1),
	seq      bigint not null,
	mac      text not null
);
insert into audit_head (only_one, seq, mac) values (1, 0, '');

create table ceptoar (
	id             text primary key,
	sector_ja      text not null,
	sector_en      text not null,
	name_ja        text not null,
	name_en        text not null,
	secretariat_ja text not null,
	organisations  integer not null
);

create table member (
	id         text primary key,
	ceptoar_id text not null references ceptoar (id)
);

-- What identifies a member. An address with reporter = 1 may report.
create table member_identity (
	member_id text not null references member (id),
	kind      text not null check (kind in ('organisation', 'domain', 'address', 'person')),
	value     text not null check (value <> ''),
	reporter  integer not null default 0 check (reporter in (0, 1)),
	primary key (member_id, kind, value)
);
create index member_identity_value on member_identity (value);

create table contact (
	id            text primary key,
	ceptoar_id    text not null references ceptoar (id),
	member_id     text references member (id),
	address       text not null,
	language      text not null check (language in ('ja', 'en')),
	max_tlp       integer not null check (max_tlp between 0 and 4),
	from_ceptoars text not null,
	state         text not null check (state in ('active', 'suspended', 'removed'))
);
-- An address may come back under another id once its contact was removed.
create unique index contact_address on contact (address) where state <> 'removed';
create table subscription (
	contact_id text not null references contact (id),
	kind       text not null check (kind in ('targeted-mail', 'early-warning', 'alert', 'content', 'drill')),
	primary key (contact_id, kind)
);

-- One mail as it came in, whatever it turned out to be. The same bytes in the
-- same mailbox are the same mail, also after UIDVALIDITY changed.
create table mail (
	id          text primary key,
	mailbox     text not null,
	sha256      text not null check (length(sha256) = 64),
	size        bigint not null,
	header_only integer not null check (header_only in (0, 1)),
	vault_id    text not null unique,
	kind        text not null check (kind in ('report', 'reply', 'bounce', 'auto-reply', 'own')),
	received_ms bigint not null,
	unique (mailbox, sha256)
);
-- Every place at which it was seen lying: RFC 9051 §2.3.1.1.
create table mail_location (
	mailbox      text not null,
	uid_validity bigint not null,
	uid          bigint not null,
	mail_id      text not null references mail (id),
	seen_ms      bigint not null,
	filed_ms     bigint,
	primary key (mailbox, uid_validity, uid)
);

create table report (
	id            text primary key,
	mail_id       text not null unique references mail (id),
	number        text not null unique,
	state         text not null check (state in ('received', 'unwrapped', 'drafted', 'decided', 'held')),
	decision      text check (decision in ('released', 'merged', 'rejected')),
	reason        text not null,
	authenticated integer not null check (authenticated in (0, 1)),
	member_id     text references member (id),
	analysis_id   text,
	tries         integer not null default 0,
	due_ms        bigint not null,
	received_ms   bigint not null,
	changed_ms    bigint not null,
	check ((state = 'decided') = (decision is not null)),
	check (state <> 'held' or reason <> ''),
	check (state not in ('drafted', 'decided') or analysis_id is not null or decision = 'rejected')
);
create index report_state on report (state, due_ms);

create table receipt (
	report_id      text primary key references report (id),
	state          text not null check (state in ('queued', 'sending', 'accepted', 'failed', 'unknown')),
	originals      integer not null,
	tries          integer not null default 0,
	due_ms         bigint not null,
	claim_until_ms bigint not null default 0,
	code           integer not null default 0,
	reply          text not null default '',
	changed_ms     bigint not null
);
create index receipt_state on receipt (state, due_ms);

create table "case" (
	id          text primary key,
	fingerprint text not null,
	created_ms  bigint not null
);
create index case_fingerprint on "case" (fingerprint);

create table original (
	id        text primary key,
	report_id text not null references report (id),
	case_id   text not null references "case" (id),
	place     integer not null, -- among the originals of its report, from 1
	path      text not null,
	sha256    text not null,
	size      bigint not null,
	inline    integer not null check (inline in (0, 1)),
	facts     text not null,
	problems  text not null,
	unique (report_id, place)
);
create index original_case on original (case_id);

create table serial (
	fiscal_year integer primary key,
	last        integer not null
);

create table notice (
	id              text primary key,
	case_id         text not null references "case" (id),
	revision        integer not null check (revision >= 1),
	kind            text not null check (kind in ('targeted-mail', 'early-warning', 'alert', 'content', 'drill')),
	tlp             integer not null check (tlp between 0 and 4),
	state           text not null check (state in ('draft', 'awaiting-approval', 'approved', 'released', 'superseded', 'withdrawn', 'rejected', 'held')),
	reason          text not null,
	content         text not null,
	fiscal_year     integer,
	serial          integer,
	approved_by     text check (approved_by <> ''),
	approved_digest text check (length(approved_digest) = 64),
	approved_ms     bigint,
	released_ms     bigint,
	created_ms      bigint not null,
	changed_ms      bigint not null,
	unique (case_id, revision),
	unique (fiscal_year, serial, revision),
	-- What deliveries refer to: see there.
	unique (id, approved_digest),
	-- Nobody releases what nobody approved.
	check (state not in ('approved', 'released', 'superseded', 'withdrawn') or
		(approved_by is not null and approved_digest is not null and approved_ms is not null)),
	check (state not in ('released', 'superseded', 'withdrawn') or (serial is not null and released_ms is not null)),
	check (state not in ('held', 'rejected') or reason <> '')
);
create index notice_state on notice (state);

create table delivery (
	id              text primary key,
	notice_id       text not null,
	contact_id      text not null references contact (id),
	-- The digest that was approved. A notice without an approval has none, so
	-- the reference below refuses a delivery of it: nobody sends what nobody approved.
	approved_digest text not null,
	state           text not null check (state in ('queued', 'sending', 'accepted', 'acknowledged', 'deferred', 'unknown', 'bounced', 'expired', 'suppressed', 'cancelled')),
	reason          text not null default '',
	destination     text not null,
	language        text not null check (language in ('ja', 'en')),
	claim           integer not null default 0,
	claimed_by      text not null default '',
	claim_until_ms  bigint not null default 0,
	tries           integer not null default 0,
	due_ms          bigint not null,
	planned_ms      bigint not null,
	accepted_ms     bigint,
	changed_ms      bigint not null,
	unique (notice_id, contact_id),
	foreign key (notice_id, approved_digest) references notice (id, approved_digest),
	check (state <> 'sending' or claim_until_ms > 0),
	check ((state in ('accepted', 'acknowledged')) = (accepted_ms is not null))
);
create index delivery_due on delivery (state, due_ms);
create index delivery_contact on delivery (contact_id);

-- One SMTP conversation. outcome is null while it is under way.
create table attempt (
	delivery_id text not null references delivery (id),
	claim       integer not null,
	worker      text not null,
	began_ms    bigint not null,
	ended_ms    bigint,
	outcome     text check (outcome in ('accepted', 'transient', 'permanent', 'unknown', 'stopped')),
	code        integer not null default 0,
	enhanced    text not null default '',
	reply       text not null default '',
	stage       text not null default '',
	queue_id    text not null default '',
	tls         text not null default '',
	duration_ms bigint not null default 0,
	primary key (delivery_id, claim),
	check ((outcome is null) = (ended_ms is null))
);
