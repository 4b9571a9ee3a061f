package store

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files anew")

// states.md is drawn from the tables, so that it cannot tell anything else.
func TestStatesAreDrawn(t *testing.T) {
	want := "# States\n\nDrawn from the tables in state.go by `go test ./store -run TestStatesAreDrawn -update`.\n\n" +
		ReportMachine.markdown() + NoticeMachine.markdown() + DeliveryMachine.markdown() + ReceiptMachine.markdown()
	if *update {
		if err := os.WriteFile("states.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("states.md")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("states.md is not what the tables say; run go test ./store -run TestStatesAreDrawn -update")
	}
}

// Every list of states in a CHECK is the list in code.
func TestStatesInSQLAreTheSame(t *testing.T) {
	text, err := migrations.ReadFile("migrations/0001_ledger.sql")
	if err != nil {
		t.Fatal(err)
	}
	for noun, states := range map[string][]string{
		"report":   names(ReportMachine.States()),
		"notice":   names(NoticeMachine.States()),
		"delivery": names(DeliveryMachine.States()),
		"receipt":  names(ReceiptMachine.States()),
	} {
		m := regexp.MustCompile(`(?s)create table ` + noun + ` \(.*?\n\tstate\s+text not null check \(state in \(([^)]*)\)`).FindStringSubmatch(string(text))
		if m == nil {
			t.Fatalf("no CHECK for the states of %s", noun)
		}
		var inSQL []string
		for s := range strings.SplitSeq(m[1], ",") {
			inSQL = append(inSQL, strings.Trim(s, " '"))
		}
		slices.Sort(inSQL)
		slices.Sort(states)
		if !slices.Equal(inSQL, states) {
			t.Errorf("states of %s: in SQL %v, in code %v", noun, inSQL, states)
		}
	}
}

func names[S ~string](all []S) []string {
	var out []string
	for _, s := range all {
		out = append(out, string(s))
	}
	return out
}

// From every state one gets on, unless it is an end; and to every state there is
// a way.
func TestNoStateIsADeadEnd(t *testing.T) {
	ends := []string{"decided", "superseded", "withdrawn", "rejected", "acknowledged", "accepted", "failed", "unknown"}
	check(t, ReportMachine, ends)
	check(t, NoticeMachine, ends)
	check(t, DeliveryMachine, ends)
	check(t, ReceiptMachine, ends)
}

func check[S ~string](t *testing.T, m Machine[S], ends []string) {
	for _, s := range m.States() {
		out := slices.ContainsFunc(m.Moves, func(v Move[S]) bool { return v.From == s })
		in := slices.Contains(m.Initial, s) || slices.ContainsFunc(m.Moves, func(v Move[S]) bool { return v.To == s })
		if !out && !slices.Contains(ends, string(s)) {
			t.Errorf("%s: no way out of %s", m.Noun, s)
		}
		if !in {
			t.Errorf("%s: no way into %s", m.Noun, s)
		}
	}
}
