package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"text/template"

	"kairan/configs"
	"kairan/distribute/render"
	"kairan/distribute/smtpx"
	"kairan/ingest"
	"kairan/ingest/imapx"
	"kairan/sanitize"
)

// newMailbox makes a report mailbox from its settings. It connects to nothing.
func newMailbox(m configs.Mailbox, log *slog.Logger) (*imapx.Mailbox, error) {
	roots, err := trust(m.CAFile)
	if err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", m.Name, err)
	}
	box := &imapx.Mailbox{
		Addr: m.Address, TLS: roots, Folder: m.Folder, Processed: m.Processed, PollInterval: m.PollInterval.Duration(),
		Auth: imapx.Auth{User: m.User}, Log: log,
	}
	switch m.Security {
	case "starttls":
		box.Security = imapx.StartTLS
	case "plain":
		box.Security = imapx.PlainLoopback
	default:
		box.Security = imapx.TLS
	}
	switch secret := m.Secret().Read; m.Auth {
	case "xoauth2":
		box.Auth.XOAuth2 = secret
	case "oauthbearer":
		box.Auth.OAuthBearer = secret
	default:
		box.Auth.Password = secret
	}
	if err := box.Validate(); err != nil {
		return nil, fmt.Errorf("mailbox %s: %w", m.Name, err)
	}
	return box, nil
}

// newRelay makes the relay from its settings. It connects to nothing.
func newRelay(cfg configs.Config, log *slog.Logger) (*smtpx.Relay, error) {
	c := cfg.Relay
	roots, err := trust(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	_, domain, _ := strings.Cut(cfg.Hub.NoticeFrom, "@")
	relay := &smtpx.Relay{
		Addr: c.Address, TLS: roots, Hello: cmp.Or(c.Hello, domain), MaxConnections: c.MaxConnections, MaxPerConnection: c.MaxPerConnection,
		DialTimeout: c.ConnectTimeout.Duration(), CommandTimeout: c.CommandTimeout.Duration(), DotTimeout: c.DotTimeout.Duration(), Log: log,
	}
	switch c.Security {
	case "tls":
		relay.Security = smtpx.TLS
	case "plain":
		relay.Security = smtpx.PlainLoopback
	default:
		relay.Security = smtpx.StartTLS
	}
	if c.Auth != "none" {
		relay.Auth = &smtpx.Auth{Mechanism: strings.ToUpper(c.Auth), Username: c.User, Secret: c.Secret().Read}
	}
	if err := relay.Validate(); err != nil {
		return nil, err
	}
	return relay, nil
}

// trust is nil, for the system's authorities, or a configuration that trusts
// those in a PEM file.
func trust(caFile string) (*tls.Config, error) {
	if caFile == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("read ca_file: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate in PEM form", caFile)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}

// newSandbox makes the child processes in which reports are read: this same
// program, with a verb that nobody else uses.
func newSandbox(cfg configs.Config, log *slog.Logger) *ingest.Sandbox {
	program, err := os.Executable()
	if err != nil {
		program = "/proc/self/exe"
	}
	return &ingest.Sandbox{
		Command: []string{program, sandboxVerb}, Wall: cfg.Sanitize.WallTime.Duration(), Log: log,
		Limits: ingest.SandboxLimits{CPU: cfg.Sanitize.ProcessorTime.Duration(), Memory: int64(cfg.Sanitize.Memory)},
	}
}

// newComposer makes the composer of all mails of the hub, with the built-in
// templates.
func newComposer(cfg configs.Config) (*render.Composer, error) {
	t, err := template.New("").Option("missingkey=error").ParseFS(configs.Files, "templates/*.txt")
	if err != nil {
		return nil, fmt.Errorf("the notice templates: %w", err)
	}
	return &render.Composer{
		HubName: cfg.Hub.Name, HubNameEN: cfg.Hub.NameEN, From: cfg.Hub.NoticeFrom, ReplyTo: cfg.Hub.Answers(), ListID: cfg.Hub.ListID,
		Domain: cfg.Hub.MessageIDDomain, Prefix: cfg.Hub.SerialPrefix, ContactLine: cfg.Hub.ContactLine, Location: cfg.Hub.Location(), Templates: t,
	}, nil
}

// hubIdentities are the hub's own addresses and domains: they may stand in a
// notice, and are no indicators.
func hubIdentities(cfg configs.Config) []sanitize.Identity {
	own := map[sanitize.Identity]bool{}
	var all []sanitize.Identity
	add := func(kind sanitize.IdentityKind, value string) {
		i := sanitize.Identity{Kind: kind, Value: strings.ToLower(value), Owner: sanitize.OwnerHub}
		if value != "" && !own[i] {
			own[i] = true
			all = append(all, i)
		}
	}
	for _, a := range []string{cfg.Hub.Address, cfg.Hub.NoticeFrom, cfg.Hub.Answers()} {
		_, domain, _ := strings.Cut(a, "@")
		add(sanitize.IdentityAddress, a)
		add(sanitize.IdentityDomain, domain)
	}
	add(sanitize.IdentityDomain, cfg.Hub.MessageIDDomain)
	add(sanitize.IdentityDomain, cfg.Ingest.AuthservID)
	return all
}
