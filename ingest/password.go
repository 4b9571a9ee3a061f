package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

// A company sends a suspicious mail in an archive with a password, and the
// password in a mail of its own. Neither is of use alone, so each looks for the
// other: the one that is locked for words of its reporter, the one without a mail
// in it for a locked one. A password is given to the process that reads the
// report and is written nowhere.

const (
	// passwordWindow is how far apart the two may come.
	passwordWindow = time.Hour
	// heldLocked is why a report waits for its password.
	heldLocked = "it is in an archive or document that needs a password; send the password in a mail within the hour, or add it to sanitize.passwords and have it read again"
)

// heldEncrypted is why a report waits for a key.
const heldEncrypted = "it was encrypted, and the hub has no key that opens it; ask its reporter to send it in clear or to the hub's key, or set sanitize.pgp_key_files or smime_key_files and have it read again"

// encrypted reports whether nothing was found in a report because it was
// encrypted.
func encrypted(result sanitize.Result) bool {
	return len(result.Originals) == 0 && slices.ContainsFunc(result.Problems, func(p sanitize.Problem) bool { return p.Code == sanitize.ProblemEncrypted })
}

// locked reports whether nothing was found in a report because of a password.
func locked(result sanitize.Result) bool {
	return len(result.Originals) == 0 && slices.ContainsFunc(result.Problems, func(p sanitize.Problem) bool { return p.Code == sanitize.ProblemLocked })
}

// unlock reads a locked report again with the words of its reporter's other mails.
// near are the reports whose words were looked at.
func (r *Refiner) unlock(ctx context.Context, report store.Report, raw []byte, policy sanitize.Policy) (result sanitize.Result, near []store.ReportID, err error) {
	others, err := r.companions(ctx, report, raw)
	if err != nil {
		return result, nil, err
	}
	var words []string
	for _, o := range others {
		near = append(near, o.id)
		read, err := r.Reader.Run(ctx, o.raw, policy)
		if errors.Is(err, ErrSandboxTimeout) || errors.Is(err, ErrSandboxCrashed) || errors.Is(err, ErrSandboxOutput) {
			continue // that one is held by itself
		} else if err != nil {
			return result, near, err
		}
		words = append(words, read.ReporterText)
	}
	if len(words) == 0 {
		return result, near, nil
	}
	policy.Passwords = append(sanitize.Passwords(strings.Join(words, "\n")), policy.Passwords...)
	result, err = r.Reader.Run(ctx, raw, policy)
	return result, near, err
}

// companion is another mail of the same reporter.
type companion struct {
	id    store.ReportID
	state store.ReportState
	held  string
	raw   []byte
}

// companions are the mails that the reporter sent within the window.
func (r *Refiner) companions(ctx context.Context, report store.Report, raw []byte) ([]companion, error) {
	near, err := r.Ledger.ReportsNear(ctx, report.ID, passwordWindow)
	if err != nil {
		return nil, fmt.Errorf("report %s: look for other mails of its reporter: %w", report.ID, err)
	}
	reporter := senderOf(raw)
	var found []companion
	for _, n := range near {
		if n.HeaderOnly || reporter == "" {
			continue
		}
		other, err := r.Vault.Read(ctx, n.Vault, r.MaxBytes)
		if err != nil {
			return nil, fmt.Errorf("report %s: read from the vault: %w", n.ID, err)
		}
		if senderOf(other) == reporter {
			found = append(found, companion{id: n.ID, state: n.State, held: n.Reason, raw: other})
		}
	}
	return found, nil
}

// senderOf is the address that a report is from, lower case.
func senderOf(raw []byte) string {
	from := sanitize.ReadHeader(raw, sanitize.DefaultLimits()).Mailboxes("From")
	if len(from) != 1 {
		return ""
	}
	return strings.ToLower(from[0].Address)
}

// wakeLocked has the locked reports of the same reporter read again, because this
// one may hold their password.
func (r *Refiner) wakeLocked(ctx context.Context, report store.Report, raw []byte) error {
	others, err := r.companions(ctx, report, raw)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.state != store.ReportHeld || o.held != heldLocked {
			continue
		}
		if err := r.Ledger.RetryReport(ctx, o.id, store.ActorHub, false); err != nil && !errors.Is(err, store.ErrState) {
			return err
		}
		r.Log.Info("report is read again", "report", o.id, "because", report.ID)
	}
	return nil
}
