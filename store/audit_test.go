package store_test

import (
	"errors"
	"testing"

	"kairan/store"
	"kairan/store/storetest"
)

func TestAuditNoticesEveryChange(t *testing.T) {
	for _, c := range []struct {
		what, sql string
		at        int64
	}{
		{"actor changed", `update audit set actor = 'somebody' where seq = 3`, 3},
		{"subject changed", `update audit set subject = 'r0' where seq = 4`, 4},
		{"move changed", `update audit set move = 'queued → accepted' where seq = 5`, 5},
		{"detail changed", `update audit set detail = detail || ' ' where seq = 2`, 2},
		{"time changed", `update audit set at_ms = at_ms + 1 where seq = 5`, 5},
		{"row deleted", `delete from audit where seq = 4`, 4},
		{"rows swapped", `update audit set seq = case seq when 3 then 1000 else 3 end where seq in (3, 1000)`, 3},
		{"cut off at the end", `delete from audit where seq > 6`, 7},
		{"end and head moved back", `update audit_head set seq = 6, mac = (select mac from audit where seq = 6)`, 0},
	} {
		t.Run(c.what, func(t *testing.T) {
			l := storetest.SQLite(t)
			h, ctx := newHub(t, l, 1), t.Context()
			h.released()
			anchor, err := h.AuditHead(ctx)
			h.must(err)
			if n, err := h.AuditVerify(ctx, anchor); err != nil || n != anchor.Seq {
				t.Fatalf("AuditVerify of the whole chain = %d, %v; want %d rows", n, err, anchor.Seq)
			}
			write, _ := l.Pools(t)
			if _, err := write.Exec(c.sql); err != nil {
				t.Fatal(err)
			}
			want, with := c.at, store.AuditAnchor{}
			if want == 0 { // only an anchor kept elsewhere can tell
				want, with = anchor.Seq, anchor
			}
			var broken *store.AuditBroken
			if _, err := h.AuditVerify(ctx, with); !errors.As(err, &broken) || broken.Seq != want {
				t.Errorf("AuditVerify = %v; want broken at row %d", err, want)
			}
		})
	}
}

func TestAuditOfTellsAStory(t *testing.T) {
	h, ctx := newHub(t, storetest.SQLite(t), 1), t.Context()
	n := h.released()
	rows, err := h.AuditOf(ctx, string(n.ID))
	h.must(err)
	var moves []string
	for _, r := range rows {
		moves = append(moves, r.Actor+": "+r.Move)
	}
	want := []string{"hub: → draft", "hub: draft → awaiting-approval", "operator: awaiting-approval → approved", "hub: approved → released"}
	if len(moves) != len(want) {
		t.Fatalf("moves = %q; want %q", moves, want)
	}
	for i := range want {
		if moves[i] != want[i] {
			t.Errorf("move %d = %q; want %q", i, moves[i], want[i])
		}
	}
}
