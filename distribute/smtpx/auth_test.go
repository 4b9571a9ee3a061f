package smtpx

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"kairan/store"
)

func b64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func TestAuthMechanisms(t *testing.T) {
	const hello = "-> 220 a\n<- EHLO\n-> 250-relay.example\n-> 250 AUTH LOGIN PLAIN XOAUTH2 OAUTHBEARER\n"
	const ok = "-> 235 2.7.0 welcome\n" + again + bye
	for _, c := range []struct {
		name, mech, user, script string
		want                     store.Outcome // Text is what the text must contain
	}{
		{"PLAIN", "PLAIN", "hub", "<- AUTH PLAIN " + b64("\x00hub\x00s3cret") + "\n" + ok, store.Outcome{Kind: store.Accepted}},
		{"LOGIN", "LOGIN", "hub", "<- \"AUTH LOGIN\\r\\n\"\n-> 334 VXNlcm5hbWU6\n<- " + b64("hub") + "\n-> 334 UGFzc3dvcmQ6\n<- " + b64("s3cret") + "\n" + ok, store.Outcome{Kind: store.Accepted}},
		{"LOGIN, asked in other words", "LOGIN", "hub", "<- \"AUTH LOGIN\\r\\n\"\n-> 334 dXNlcj8=\n<- " + b64("hub") + "\r\n-> \"334 \\r\\n\"\n<- " + b64("s3cret") + "\n" + ok, store.Outcome{Kind: store.Accepted}},
		{"XOAUTH2", "XOAUTH2", "hub@kairan.example", "<- AUTH XOAUTH2 " + b64("user=hub@kairan.example\x01auth=Bearer s3cret\x01\x01") + "\n" + ok, store.Outcome{Kind: store.Accepted}},
		{"PLAIN refused", "PLAIN", "hub", "<- AUTH PLAIN\n-> 535 5.7.8 wrong password\n<- *\n-> 501 5.0.0 cancelled\n<- eof", store.Outcome{Kind: store.Transient, Code: 535, Enhanced: "5.7.8", Stage: "auth", Text: "wrong password"}},
		{"PLAIN, not now", "PLAIN", "hub", "<- AUTH PLAIN\n-> 454 4.7.0 not now\n<- *\n-> 501 5.0.0 cancelled\n<- eof", store.Outcome{Kind: store.Transient, Code: 454, Enhanced: "4.7.0", Stage: "auth"}},
		{"PLAIN, asked for more", "PLAIN", "hub", "<- AUTH PLAIN\n-> 334 bW9yZQ==\n<- *\n-> 501 5.0.0 cancelled\n<- eof", store.Outcome{Kind: store.Transient, Stage: "auth"}},
		{"PLAIN dropped", "PLAIN", "hub", "<- AUTH PLAIN\n-> drop", store.Outcome{Kind: store.Transient, Stage: "auth"}},
		{"LOGIN, asked for ever", "LOGIN", "hub", "<- AUTH LOGIN\n-> 334 YQ==\n<- " + b64("hub") + "\n-> 334 YQ==\n<- " + b64("s3cret") + "\n-> 334 YQ==\n<- *\n-> 501 cancelled\n<- eof", store.Outcome{Kind: store.Transient, Stage: "auth"}},
		// The relay tells why in a challenge, and then refuses.
		{"XOAUTH2 refused", "XOAUTH2", "hub", "<- AUTH XOAUTH2\n-> 334 " + b64(`{"status":"401"}`) + "\n<- \"\\r\\n\"\n-> 535 5.7.8 expired\n<- *\n-> 501 no\n<- eof", store.Outcome{Kind: store.Transient, Code: 535, Enhanced: "5.7.8", Stage: "auth", Text: "expired"}},
		{"OAUTHBEARER refused", "OAUTHBEARER", "hub", "<- AUTH OAUTHBEARER\n-> 334 " + b64(`{"status":"invalid_token"}`) + "\n<- \"AQ==\\r\\n\"\n-> 535 5.7.8 expired\n<- *\n-> 501 no\n<- eof", store.Outcome{Kind: store.Transient, Code: 535, Enhanced: "5.7.8", Stage: "auth", Text: "expired"}},
		{"not offered", "PLAIN", "hub", "", store.Outcome{Kind: store.Transient, Stage: "auth", Text: "does not offer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := hello + c.script
			if c.script == "" {
				text = "-> 220 a\n<- EHLO\n-> 250-relay.example\n-> 250 AUTH GSSAPI\n<- eof"
			}
			r := script(t, text)
			r.Auth = &Auth{Mechanism: c.mech, Username: c.user, Secret: fixed("s3cret")}
			out := r.Deliver(within(t), envelope, letter)
			if out.Kind == store.Accepted && c.want.Kind == store.Accepted {
				return
			}
			if !strings.Contains(out.Text, c.want.Text) || strings.Contains(out.Text, "s3cret") || strings.Contains(out.Text, b64("s3cret")) {
				t.Errorf("Deliver has the text %q, want it with %q and without the secret", out.Text, c.want.Text)
			}
			out.Text, out.Duration, c.want.Text = "", 0, ""
			if out != c.want {
				t.Errorf("Deliver = %+v, want %+v", out, c.want)
			}
		})
	}
}

func TestOAUTHBEARERWords(t *testing.T) {
	a := &Auth{Mechanism: "OAUTHBEARER", Username: "a=b,c", Secret: fixed("tok")}
	c, err := a.client(t.Context(), "relay.example", 587)
	if err != nil {
		t.Fatalf("client: %v", err)
	}
	mech, got, err := c.Start()
	if want := "n,a=a=3Db=2Cc,\x01host=relay.example\x01port=587\x01auth=Bearer tok\x01\x01"; mech != "OAUTHBEARER" || string(got) != want || err != nil {
		t.Errorf("Start = %q, %q, %v; want %q", mech, got, err, want)
	}
}

// The secret is read anew for each connection, and its failure is no refusal.
func TestSecretPerConnection(t *testing.T) {
	sink := start(t, &Sink{Users: map[string]string{"hub": "second"}})
	r := relayTo(t, sink.Addr())
	secrets := []string{"first", "", "line\n", "second"}
	r.Auth = &Auth{Mechanism: "PLAIN", Username: "hub", Secret: func(context.Context) (string, error) {
		s := secrets[0]
		secrets = secrets[1:]
		if s == "" {
			return "", errors.New("no such file")
		}
		return s, nil
	}}
	for i, want := range []struct {
		kind  store.OutcomeKind
		code  int
		stage string
		text  string
	}{
		{store.Transient, 535, "auth", "Authentication failed"},
		{store.Transient, 0, "auth", "no such file"},
		{store.Transient, 0, "auth", "control character"},
		{store.Accepted, 250, "dot", "OK"},
		{store.Accepted, 250, "dot", "OK"}, // on the same connection
	} {
		out := r.Deliver(within(t), envelope, letter)
		if out.Kind != want.kind || out.Code != want.code || out.Stage != want.stage || !strings.Contains(out.Text, want.text) {
			t.Errorf("Deliver %d = %+v, want %+v", i, out, want)
		}
	}
}
