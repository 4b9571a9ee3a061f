package distribute

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"kairan/sanitize"
	"kairan/store"
)

// GatekeeperLedger is what a gatekeeper needs of the ledger; *store.DB has it.
type GatekeeperLedger interface {
	Identities(ctx context.Context) ([]sanitize.Identity, error)
	CaseAnalyses(ctx context.Context, id store.CaseID) ([]store.VaultID, error)
	AllowedLeaks(ctx context.Context, id store.NoticeID) ([]sanitize.Leak, error)
}

// Opener opens what the vault keeps.
type Opener interface {
	Read(ctx context.Context, id store.VaultID, limit int64) ([]byte, error)
}

// Gatekeeper has the leak gate ready for each notice: every identity of the
// registry, and every one learned from the reports of the notice's case.
type Gatekeeper struct {
	Ledger GatekeeperLedger
	Vault  Opener
	// Hub are the hub's own identities, Owner "hub". They stand in every notice, and
	// in most reports too, where they were learned like any other.
	Hub []sanitize.Identity
	// Refresh is how long a gate is used before the registry is read again. Zero
	// means a minute.
	Refresh time.Duration
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu    sync.Mutex
	gates map[store.CaseID]*caseGate
	// registry is the gate of all members, and of what it was built.
	registry   *sanitize.Gate
	registered [sha256.Size]byte
}

// analysisLimit bounds a sealed analysis; see ingest.Analysis.
const analysisLimit = 64 << 20

// maxGates bounds how many cases' gates are kept ready.
const maxGates = 16

// caseGate is the gate of one case, with the digests of texts it let through:
// a fan-out shows it the same bytes thousands of times.
type caseGate struct {
	gate *sanitize.Gate
	made time.Time

	mu    sync.Mutex
	clean map[[sha256.Size]byte]bool
}

// Check reads the finished bytes that are about to leave and returns what in
// them identifies somebody, and what in them is live.
func (k *Gatekeeper) Check(ctx context.Context, c store.CaseID, artefact []byte) ([]sanitize.Leak, []sanitize.Problem, error) {
	g, err := k.gate(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("leak gate: %w", err)
	}
	sum := sha256.Sum256(artefact)
	g.mu.Lock()
	clean := g.clean[sum]
	g.mu.Unlock()
	if clean {
		return nil, nil, nil
	}
	leaks, live := g.gate.Check(artefact), k.Live(artefact)
	if len(leaks) == 0 && len(live) == 0 {
		g.mu.Lock()
		if len(g.clean) > 64 {
			clear(g.clean)
		}
		g.clean[sum] = true
		g.mu.Unlock()
	}
	return leaks, live, nil
}

// Live returns what in the bytes is live, the hub's own names aside: they may stand
// in a notice as they are.
func (k *Gatekeeper) Live(artefact []byte) []sanitize.Problem {
	own := make([]string, 0, len(k.Hub))
	for _, id := range k.Hub {
		own = append(own, id.Value)
	}
	return sanitize.Live(artefact, own...)
}

// CheckNotice is Check for bytes of a notice: without the hits that an operator let
// pass in it.
func (k *Gatekeeper) CheckNotice(ctx context.Context, n store.NoticeID, c store.CaseID, artefact []byte) ([]sanitize.Leak, []sanitize.Problem, error) {
	leaks, live, err := k.Check(ctx, c, artefact)
	if err != nil || len(leaks) == 0 {
		return leaks, live, err
	}
	allowed, err := k.Ledger.AllowedLeaks(ctx, n)
	if err != nil {
		return nil, nil, fmt.Errorf("leak gate: notice %s: %w", n, err)
	}
	leaks = slices.DeleteFunc(leaks, func(l sanitize.Leak) bool { return slices.ContainsFunc(allowed, l.Same) })
	return leaks, live, nil
}

func (k *Gatekeeper) gate(ctx context.Context, c store.CaseID) (*caseGate, error) {
	refresh := k.Refresh
	if refresh <= 0 {
		refresh = time.Minute
	}
	// Held while a gate is built, so that a fan-out's many workers build it once.
	k.mu.Lock()
	defer k.mu.Unlock()
	if g := k.gates[c]; g != nil && now(k.Now).Sub(g.made) < refresh {
		return g, nil
	}
	if err := k.readRegistry(ctx); err != nil {
		return nil, err
	}
	learned, err := k.learned(ctx, c)
	if err != nil {
		return nil, err
	}
	g := &caseGate{gate: k.registry.With(learned), made: now(k.Now), clean: map[[sha256.Size]byte]bool{}}
	if k.gates == nil || len(k.gates) >= maxGates {
		k.gates = map[store.CaseID]*caseGate{}
	}
	k.gates[c] = g
	return g, nil
}

// readRegistry builds the gate of all members anew if they are not the same any
// more.
func (k *Gatekeeper) readRegistry(ctx context.Context) error {
	ids, err := k.Ledger.Identities(ctx)
	if err != nil {
		return fmt.Errorf("read the member registry: %w", err)
	}
	h := sha256.New()
	for _, id := range ids {
		fmt.Fprintf(h, "%q %q %q\n", id.Kind, id.Value, id.Owner)
	}
	sum := [sha256.Size]byte(h.Sum(nil))
	if k.registry == nil || sum != k.registered {
		k.registry, k.registered = sanitize.NewGate(append(ids, k.Hub...)), sum
	}
	return nil
}

// learned are the identities that the reports of the case taught.
func (k *Gatekeeper) learned(ctx context.Context, c store.CaseID) (ids []sanitize.Identity, err error) {
	blobs, err := k.Ledger.CaseAnalyses(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c, err)
	}
	for _, id := range blobs {
		b, err := k.Vault.Read(ctx, id, analysisLimit)
		if err != nil {
			return nil, fmt.Errorf("case %s: read analysis %s: %w", c, id, err)
		}
		var a struct {
			Identities []sanitize.Identity `json:"identities"`
		}
		if err := json.Unmarshal(b, &a); err != nil {
			return nil, fmt.Errorf("case %s: analysis %s is unreadable", c, id) // the cause could quote it
		}
		ids = append(ids, a.Identities...)
	}
	return ids, nil
}
