package smtpx

import (
	"strings"
	"testing"

	"kairan/store"
)

const (
	hail   = "-> 220 relay.example ESMTP\n<- EHLO hub.kairan.example\n-> 250-relay.example\n-> 250 8BITMIME\n"
	toMail = hail + "<- MAIL FROM:<hub@kairan.example>\n"
	toRcpt = toMail + "-> 250 2.1.0 ok\n<- RCPT TO:<desk@bank.example.jp>\n"
	toData = toRcpt + "-> 250 2.1.5 ok\n<- DATA\n"
	toText = toData + "-> 354 go on\n"
	toDot  = toText + "<- message\n"
	// again is a message on a connection that has carried one.
	again = "<- MAIL FROM\n-> 250 ok\n<- RCPT TO\n-> 250 ok\n<- DATA\n-> 354 go on\n<- message\n-> 250 2.0.0 Ok: queued as AGAIN\n"
	bye   = "<- QUIT\n-> 221 bye\n<- eof\n"
)

// What the relay says or does at each verb, and what becomes of the attempt.
func TestEveryVerb(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         store.Outcome // Text is what the text must contain
	}{
		{"greeting 4xx", "-> 421 4.3.2 shutting down\n<- eof", store.Outcome{Kind: store.Transient, Code: 421, Enhanced: "4.3.2", Stage: "connect", Text: "shutting down"}},
		{"greeting 5xx", "-> 554 5.7.1 go away\n<- eof", store.Outcome{Kind: store.Transient, Code: 554, Enhanced: "5.7.1", Stage: "connect", Text: "go away"}},
		{"greeting nonsense", "-> hello there\n<- eof", store.Outcome{Kind: store.Transient, Stage: "connect", Text: "hello there"}},
		{"greeting dropped", "-> drop", store.Outcome{Kind: store.Transient, Stage: "connect", Text: "closed the connection"}},
		{"greeting reset", "-> reset", store.Outcome{Kind: store.Transient, Stage: "connect"}},
		{"two greetings", `-> "220 a\r\n220 b\r\n"` + "\n<- eof", store.Outcome{Kind: store.Transient, Stage: "connect", Text: "nobody asked for"}},
		{"EHLO 5xx", "-> 220 a\n<- EHLO\n-> 550 no\n<- eof", store.Outcome{Kind: store.Transient, Code: 550, Stage: "connect"}},

		{"MAIL 4xx", toMail + "-> 451 4.3.0 later\n" + bye, store.Outcome{Kind: store.Transient, Code: 451, Enhanced: "4.3.0", Stage: "mail", Text: "later"}},
		{"MAIL 5xx", toMail + "-> 550 5.7.1 not you\n" + bye, store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.7.1", Stage: "mail", Text: "not you"}},
		{"MAIL wants login", toMail + "-> 530 5.7.0 Authentication required\n" + bye, store.Outcome{Kind: store.Transient, Code: 530, Enhanced: "5.7.0", Stage: "auth"}},
		{"MAIL 421", toMail + "-> 421 4.7.0 enough\n<- eof", store.Outcome{Kind: store.Transient, Code: 421, Enhanced: "4.7.0", Stage: "mail"}},
		{"MAIL dropped", toMail + "-> drop", store.Outcome{Kind: store.Transient, Stage: "mail"}},
		{"MAIL reset", toMail + "-> reset", store.Outcome{Kind: store.Transient, Stage: "mail"}},
		{"MAIL odd code", toMail + "-> 354 what\n<- eof", store.Outcome{Kind: store.Transient, Code: 354, Stage: "mail"}},

		{"RCPT 4xx", toRcpt + "-> 450 4.2.0 greylisted\n" + bye, store.Outcome{Kind: store.Transient, Code: 450, Enhanced: "4.2.0", Stage: "rcpt", Text: "greylisted"}},
		{"RCPT 5xx", toRcpt + "-> 550 5.1.1 unknown\n" + bye, store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Text: "unknown"}},
		{"RCPT 5xx, several lines", toRcpt + "-> 550-5.1.1 unknown\n-> 550-5.1.1 mailbox,\n-> 550 5.1.1 sorry\n" + bye, store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.1.1", Stage: "rcpt", Text: "unknown mailbox, sorry"}},
		{"RCPT 5xx without enhanced code", toRcpt + "-> 551 moved\n" + bye, store.Outcome{Kind: store.Permanent, Code: 551, Stage: "rcpt", Text: "moved"}},
		{"RCPT 421", toRcpt + "-> 421 4.7.0 enough\n<- eof", store.Outcome{Kind: store.Transient, Code: 421, Enhanced: "4.7.0", Stage: "rcpt"}},
		{"RCPT 5xx and hung up in one breath", toRcpt + `-> "550 5.1.1 unknown\r\n421 4.7.0 enough\r\n"` + "\n<- eof", store.Outcome{Kind: store.Permanent, Code: 550, Enhanced: "5.1.1", Stage: "rcpt"}},
		{"RCPT dropped", toRcpt + "-> drop", store.Outcome{Kind: store.Transient, Stage: "rcpt"}},
		{"RCPT reset", toRcpt + "-> reset", store.Outcome{Kind: store.Transient, Stage: "rcpt"}},
		{"replies out of step", toRcpt + `-> "250 ok\r\n354 go on\r\n250 queued\r\n"` + "\n<- eof", store.Outcome{Kind: store.Transient, Stage: "data", Text: "nobody asked for"}},

		{"DATA 4xx", toData + "-> 452 4.3.1 full\n" + bye, store.Outcome{Kind: store.Transient, Code: 452, Enhanced: "4.3.1", Stage: "data"}},
		{"DATA 5xx", toData + "-> 554 5.5.1 no valid recipients\n" + bye, store.Outcome{Kind: store.Permanent, Code: 554, Enhanced: "5.5.1", Stage: "data"}},
		{"DATA 421", toData + "-> 421 enough\n<- eof", store.Outcome{Kind: store.Transient, Code: 421, Stage: "data"}},
		{"DATA 250", toData + "-> 250 what\n<- eof", store.Outcome{Kind: store.Transient, Code: 250, Stage: "data"}},
		{"DATA dropped", toData + "-> drop", store.Outcome{Kind: store.Transient, Stage: "data"}},
		{"DATA reset", toData + "-> reset", store.Outcome{Kind: store.Transient, Stage: "data"}},

		{"dot 4xx", toDot + "-> 451 4.7.1 later\n" + bye, store.Outcome{Kind: store.Transient, Code: 451, Enhanced: "4.7.1", Stage: "dot"}},
		{"dot 5xx", toDot + "-> 554 5.6.0 content\n" + bye, store.Outcome{Kind: store.Permanent, Code: 554, Enhanced: "5.6.0", Stage: "dot"}},
		{"dot 421", toDot + "-> 421 4.3.2 shutting down\n<- eof", store.Outcome{Kind: store.Transient, Code: 421, Enhanced: "4.3.2", Stage: "dot"}},
		{"dot 250", toDot + "-> 250 2.0.0 Ok: queued as 4Zk1\n" + bye, store.Outcome{Kind: store.Accepted, Code: 250, Enhanced: "2.0.0", Stage: "dot", QueueID: "4Zk1"}},
		{"dot 252", toDot + "-> 252 2.0.0 queued as 4Zk1\n" + bye, store.Outcome{Kind: store.Accepted, Code: 252, Enhanced: "2.0.0", Stage: "dot", QueueID: "4Zk1"}},
		{"dot 250 and hung up in one breath", toDot + `-> "250 ok\r\n421 bye\r\n"` + "\n<- eof", store.Outcome{Kind: store.Accepted, Code: 250, Stage: "dot"}},
		{"dot 250 and reset", toDot + "-> 250 ok\n-> drop", store.Outcome{Kind: store.Accepted, Code: 250, Stage: "dot"}},
		{"dot dropped", toDot + "-> drop", store.Outcome{Kind: store.Unknown, Stage: "dot", Text: "no reply came"}},
		{"dot reset", toDot + "-> reset", store.Outcome{Kind: store.Unknown, Stage: "dot", Text: "no reply came"}},
		{"dot, half a reply", toDot + `-> "250-ok\r\n25"` + "\n-> drop", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
		{"dot, half a line of good news", toDot + `-> "250 2.0.0 Ok: que"` + "\n-> drop", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
		{"dot, half a line of bad news", toDot + `-> "554 5.6.0 cont"` + "\n-> drop", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
		{"RCPT, half a line of bad news", toRcpt + `-> "550 5.1.1 unk"` + "\n-> drop", store.Outcome{Kind: store.Transient, Stage: "rcpt", Text: "closed the connection"}},
		{"DATA, half a line", toData + `-> "354 go"` + "\n-> drop", store.Outcome{Kind: store.Transient, Stage: "data", Text: "closed the connection"}},
		{"dot, nonsense", toDot + "-> hello\n<- eof", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
		{"dot, odd code", toDot + "-> 354 what\n<- eof", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
		{"dot, line without end", toDot + `-> "250 ` + strings.Repeat("a", 5000) + `"` + "\n-> stall", store.Outcome{Kind: store.Unknown, Stage: "dot"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := script(t, c.script)
			out := r.Deliver(within(t), envelope, letter)
			if out.Text == "" || !strings.Contains(out.Text, c.want.Text) {
				t.Errorf("Deliver has the text %q, want it with %q", out.Text, c.want.Text)
			}
			if out.Duration <= 0 {
				t.Errorf("Deliver took %v", out.Duration)
			}
			out.Text, out.Duration, c.want.Text = "", 0, ""
			if out != c.want {
				t.Errorf("Deliver = %+v, want %+v", out, c.want)
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	sink := start(t, &Sink{})
	addr := sink.Addr()
	if err := sink.Close(); err != nil {
		t.Fatalf("Sink.Close = %v", err)
	}
	out := relayTo(t, addr).Deliver(within(t), envelope, letter)
	if out.Kind != store.Transient || out.Stage != "connect" || !strings.Contains(out.Text, "refused") {
		t.Errorf("Deliver where nobody listens = %+v, want transient at connect", out)
	}
}

func TestReplyIsCut(t *testing.T) {
	long := strings.Repeat("-> 250-"+strings.Repeat("注", 100)+"\n", 100)
	out := script(t, toDot+long+"-> 250 end\n"+bye).Deliver(within(t), envelope, letter)
	if out.Kind != store.Accepted || len(out.Text) > 1000 || len(out.Text) < 990 || strings.Contains(out.Text, "\n") {
		t.Errorf("Deliver = %s with a text of %d bytes, want accepted and at most 1,000 on one line", out.Kind, len(out.Text))
	}
}

// The relay closed while the connection lay idle: one more dial, no attempt lost.
func TestIdleConnectionGone(t *testing.T) {
	first := toDot + "-> 250 2.0.0 Ok: queued as FIRST\n"
	for name, ending := range map[string]string{
		"dropped":           "-> drop\n",
		"421 and dropped":   "-> 421 4.4.2 idle too long\n-> drop\n",
		"dropped at MAIL":   "<- MAIL\n-> drop\n",
		"reset at MAIL":     "<- MAIL\n-> reset\n",
		"421 at MAIL":       "<- MAIL\n-> 421 4.4.2 idle too long\n<- eof\n",
		"forgotten at MAIL": "<- MAIL\n-> 503 5.5.1 EHLO first\n<- eof\n",
	} {
		t.Run(name, func(t *testing.T) {
			r := script(t, first+ending+"----\n"+hail+again+bye)
			if out := r.Deliver(within(t), envelope, letter); out.QueueID != "FIRST" {
				t.Fatalf("first Deliver = %+v, want accepted", out)
			}
			if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted || out.QueueID != "AGAIN" {
				t.Errorf("second Deliver = %+v, want accepted over a new connection", out)
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

// Later than at MAIL, or on the connection just made, a loss is an attempt.
func TestLossIsAnAttempt(t *testing.T) {
	first := toDot + "-> 250 2.0.0 Ok: queued as FIRST\n"
	for _, c := range []struct {
		name, script string
		want         store.OutcomeKind
		stage        string
	}{
		{"at RCPT of a used one", first + "<- MAIL\n-> 250 ok\n<- RCPT\n-> drop\n", store.Transient, "rcpt"},
		{"after the dot of a used one", first + "<- MAIL\n-> 250 ok\n<- RCPT\n-> 250 ok\n<- DATA\n-> 354 go\n<- message\n-> drop\n", store.Unknown, "dot"},
		{"at MAIL of a used and the new one", first + "<- MAIL\n-> drop\n----\n" + hail + "<- MAIL\n-> drop\n", store.Transient, "mail"},
		{"4xx at MAIL of a used one", first + "<- MAIL\n-> 451 4.3.0 later\n" + bye, store.Transient, "mail"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := script(t, c.script)
			if out := r.Deliver(within(t), envelope, letter); out.QueueID != "FIRST" {
				t.Fatalf("first Deliver = %+v, want accepted", out)
			}
			if out := r.Deliver(within(t), envelope, letter); out.Kind != c.want || out.Stage != c.stage {
				t.Errorf("second Deliver = %+v, want %s at %s", out, c.want, c.stage)
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

// After a refused recipient the same connection is used again, with RSET and
// EHLO first, and without it if the relay does not like that.
func TestAfterRefusedRecipient(t *testing.T) {
	refused := toRcpt + "-> 550 5.1.1 unknown\n<- RSET\n"
	for name, rest := range map[string]string{
		"reset":         "-> 250 ok\n<- EHLO hub.kairan.example\n-> 250 relay.example\n" + again + bye,
		"RSET refused":  "-> 502 5.5.1 what\n<- eof\n----\n" + hail + again + bye,
		"RSET dropped":  "-> drop\n----\n" + hail + again + bye,
		"EHLO refused":  "-> 250 ok\n<- EHLO\n-> 550 5.5.1 again?\n<- eof\n----\n" + hail + again + bye,
		"EHLO, no more": "-> 250 ok\n<- EHLO\n-> 421 4.7.0 enough\n<- eof\n----\n" + hail + again + bye,
	} {
		t.Run(name, func(t *testing.T) {
			r := script(t, refused+rest)
			if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Permanent {
				t.Fatalf("first Deliver = %+v, want permanent", out)
			}
			if out := r.Deliver(within(t), envelope, letter); out.QueueID != "AGAIN" {
				t.Errorf("second Deliver = %+v, want accepted", out)
			}
			if err := r.Close(); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
}

func TestRelayWithout8BITMIME(t *testing.T) {
	r := script(t, "-> 220 a\n<- EHLO\n-> 250 relay.example\n"+bye)
	out := r.Deliver(within(t), envelope, []byte("Subject: x\r\n\r\n注意\r\n"))
	if out.Kind != store.Transient || out.Stage != "mail" || !strings.Contains(out.Text, "8-bit") {
		t.Errorf("Deliver of 8-bit text to a relay that takes 7 = %+v, want transient at mail", out)
	}
}

func TestRelayThatKnowsOnlyHELO(t *testing.T) {
	r := script(t, "-> 220 a\n<- EHLO\n-> 502 what\n<- HELO hub.kairan.example\n-> 250 hello\n"+again+bye)
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
		t.Errorf("Deliver to an old relay = %+v, want accepted", out)
	}
}

// What is offered is asked for: the size, and bounces without our text.
func TestMailParameters(t *testing.T) {
	r := script(t, "-> 220 a\n<- EHLO\n-> 250-relay.example\n-> 250-SIZE 1000\n-> 250-DSN\n-> 250 8BITMIME\n"+
		"<- MAIL FROM:<hub@kairan.example> BODY=8BITMIME SIZE=53 RET=HDRS\n-> 250 ok\n<- RCPT\n-> 250 ok\n<- DATA\n-> 354 go\n<- message\n-> 250 ok\n"+bye)
	if out := r.Deliver(within(t), envelope, letter); out.Kind != store.Accepted {
		t.Errorf("Deliver = %+v, want accepted", out)
	}
}
