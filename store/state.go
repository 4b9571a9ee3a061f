package store

import (
	"fmt"
	"slices"
	"strings"
)

// Machine is a table of states and of the moves allowed between them. The
// database holds the same list of states as a CHECK, and states.md is drawn
// from these tables.
type Machine[S ~string] struct {
	// Noun is the table whose rows have these states.
	Noun string
	// Initial are the states in which a row may be made.
	Initial []S
	// Moves lists every move with why it happens, in the order of the story.
	Moves []Move[S]
}

// Move is one arrow between two states.
type Move[S ~string] struct {
	From, To S
	Why      string
}

// Allows reports whether from → to is a move of the machine.
func (m Machine[S]) Allows(from, to S) bool {
	return slices.ContainsFunc(m.Moves, func(v Move[S]) bool { return v.From == from && v.To == to })
}

// States lists every state once, in the order of the story.
func (m Machine[S]) States() []S {
	var all []S
	add := func(s S) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for _, s := range m.Initial {
		add(s)
	}
	for _, v := range m.Moves {
		add(v.From)
		add(v.To)
	}
	return all
}

// markdown draws the machine for states.md.
func (m Machine[S]) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n```mermaid\nstateDiagram-v2\n", m.Noun)
	node := func(s S) string { return strings.ReplaceAll(string(s), "-", "_") }
	for _, s := range m.Initial {
		fmt.Fprintf(&b, "    [*] --> %s\n", node(s))
	}
	for _, v := range m.Moves {
		fmt.Fprintf(&b, "    %s --> %s\n", node(v.From), node(v.To))
	}
	b.WriteString("```\n\n| from | to | why |\n|---|---|---|\n")
	for _, v := range m.Moves {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", v.From, v.To, v.Why)
	}
	b.WriteString("\n")
	return b.String()
}

// ReportState is where a report stands.
type ReportState string

// States of a report.
const (
	ReportReceived  ReportState = "received"
	ReportUnwrapped ReportState = "unwrapped"
	ReportDrafted   ReportState = "drafted"
	ReportDecided   ReportState = "decided"
	ReportHeld      ReportState = "held"
)

// ReportMachine is the story of a report.
var ReportMachine = Machine[ReportState]{
	Noun:    "report",
	Initial: []ReportState{ReportReceived, ReportHeld},
	Moves: []Move[ReportState]{
		{ReportReceived, ReportUnwrapped, "its originals were found and sanitized"},
		{ReportReceived, ReportHeld, "it could not be read, or nobody is sure who sent it"},
		{ReportUnwrapped, ReportDrafted, "a notice was drafted, or its originals joined cases that have one"},
		{ReportUnwrapped, ReportHeld, "no original was found in it"},
		{ReportDrafted, ReportDecided, "every notice it led to was released, merged or rejected"},
		{ReportHeld, ReportReceived, "an operator had it read again or vouches for its sender"},
		{ReportHeld, ReportDecided, "an operator rejected it"},
	},
}

// Decision is what became of a decided report.
type Decision string

// Decisions about a report.
const (
	DecisionReleased Decision = "released"
	DecisionMerged   Decision = "merged"
	DecisionRejected Decision = "rejected"
)

// NoticeState is where a notice stands.
type NoticeState string

// States of a notice.
const (
	NoticeDraft      NoticeState = "draft"
	NoticeAwaiting   NoticeState = "awaiting-approval"
	NoticeApproved   NoticeState = "approved"
	NoticeReleased   NoticeState = "released"
	NoticeSuperseded NoticeState = "superseded"
	NoticeWithdrawn  NoticeState = "withdrawn"
	NoticeRejected   NoticeState = "rejected"
	NoticeHeld       NoticeState = "held"
)

// NoticeMachine is the story of a notice. The moves to superseded and withdrawn
// belong to later revisions.
var NoticeMachine = Machine[NoticeState]{
	Noun:    "notice",
	Initial: []NoticeState{NoticeDraft},
	Moves: []Move[NoticeState]{
		{NoticeDraft, NoticeAwaiting, "it is complete and nothing in it needs care"},
		{NoticeDraft, NoticeHeld, "something in its originals needs an operator's eye"},
		{NoticeAwaiting, NoticeApproved, "an operator, or its kind, approved exactly what was shown"},
		{NoticeAwaiting, NoticeHeld, "an operator wants to wait, or the leak gate stopped it"},
		{NoticeAwaiting, NoticeRejected, "an operator decided that it shall not go out"},
		{NoticeHeld, NoticeAwaiting, "an operator takes it up again"},
		{NoticeHeld, NoticeRejected, "an operator decided that it shall not go out"},
		{NoticeApproved, NoticeReleased, "it got its serial, and all its deliveries were planned"},
		{NoticeApproved, NoticeHeld, "the leak gate stopped it, or it is no longer what was approved"},
		{NoticeReleased, NoticeSuperseded, "a later revision replaced it"},
		{NoticeReleased, NoticeWithdrawn, "it was withdrawn"},
	},
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// States of a delivery.
const (
	DeliveryQueued       DeliveryState = "queued"
	DeliverySending      DeliveryState = "sending"
	DeliveryAccepted     DeliveryState = "accepted"
	DeliveryAcknowledged DeliveryState = "acknowledged"
	DeliveryDeferred     DeliveryState = "deferred"
	DeliveryUnknown      DeliveryState = "unknown"
	DeliveryBounced      DeliveryState = "bounced"
	DeliveryExpired      DeliveryState = "expired"
	DeliverySuppressed   DeliveryState = "suppressed"
	DeliveryCancelled    DeliveryState = "cancelled"
)

// Open reports whether something is still to be done for the delivery.
func (s DeliveryState) Open() bool {
	switch s {
	case DeliveryQueued, DeliverySending, DeliveryDeferred, DeliveryUnknown:
		return true
	}
	return false
}

// DeliveryMachine is the story of a delivery.
var DeliveryMachine = Machine[DeliveryState]{
	Noun:    "delivery",
	Initial: []DeliveryState{DeliveryQueued},
	Moves: []Move[DeliveryState]{
		{DeliveryQueued, DeliverySending, "a worker claimed it"},
		{DeliverySending, DeliveryAccepted, "the relay took it (2xx after the dot)"},
		{DeliverySending, DeliveryDeferred, "refused for now (4xx), or the relay could not be reached"},
		{DeliverySending, DeliveryUnknown, "the connection or the worker was lost; nobody can know"},
		{DeliverySending, DeliveryBounced, "refused for good (5xx)"},
		{DeliverySending, DeliverySuppressed, "the leak gate found an identity in the finished bytes"},
		{DeliverySending, DeliveryQueued, "the hub was stopped before the final dot; not an attempt"},
		{DeliveryDeferred, DeliveryQueued, "its next try is due"},
		{DeliveryUnknown, DeliveryQueued, "sent again with the same Message-ID"},
		{DeliveryQueued, DeliveryExpired, "not delivered within the time that is given"},
		{DeliveryDeferred, DeliveryExpired, "not delivered within the time that is given"},
		{DeliveryQueued, DeliverySuppressed, "its contact was suspended or removed, or its notice stopped"},
		{DeliveryQueued, DeliveryCancelled, "an operator cancelled it"},
		{DeliveryDeferred, DeliveryCancelled, "an operator cancelled it"},
		{DeliveryUnknown, DeliveryCancelled, "an operator cancelled it"},
		{DeliveryBounced, DeliveryQueued, "an operator retries it"},
		{DeliveryExpired, DeliveryQueued, "an operator retries it"},
		{DeliverySuppressed, DeliveryQueued, "an operator retries it"},
		{DeliveryCancelled, DeliveryQueued, "an operator retries it"},
		{DeliveryAccepted, DeliveryAcknowledged, "the contact answered"},
	},
}

// ReceiptState is where the one mail to a reporter stands.
type ReceiptState string

// States of a receipt.
const (
	ReceiptQueued   ReceiptState = "queued"
	ReceiptSending  ReceiptState = "sending"
	ReceiptAccepted ReceiptState = "accepted"
	ReceiptFailed   ReceiptState = "failed"
	ReceiptUnknown  ReceiptState = "unknown"
)

// ReceiptMachine is the story of a receipt. Unlike a delivery it is sent at
// most once: a reporter is never told twice, so unknown is an end.
var ReceiptMachine = Machine[ReceiptState]{
	Noun:    "receipt",
	Initial: []ReceiptState{ReceiptQueued},
	Moves: []Move[ReceiptState]{
		{ReceiptQueued, ReceiptSending, "a worker claimed it"},
		{ReceiptSending, ReceiptAccepted, "the relay took it"},
		{ReceiptSending, ReceiptQueued, "refused for now, or stopped before the final dot"},
		{ReceiptSending, ReceiptFailed, "refused for good, or for too long"},
		{ReceiptSending, ReceiptUnknown, "the connection or the worker was lost; it is not sent again"},
	},
}
