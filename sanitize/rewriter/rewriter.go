// Package rewriter takes the target out of a URL that a mail gateway or a
// redirector wrapped.
//
// It is arithmetic alone: bytes in, values out. No URL is ever requested, so
// what only the service itself could resolve (a shortener, the click tracker of
// a newsletter, a gateway that keeps the target on its own servers) stays as it
// is; [Opaque] tells the gateways among these.
//
// A gateway's wrapper and a redirector's are different things to a reader of
// indicators. The first was written by the victim's own side: it is harmless,
// and it names the victim. The second was chosen by the attacker and is itself
// an indicator, though on a service that others use too.
//
// Formats are those that the services publish or that public code agrees on; the
// source is named beside each.
package rewriter

import "strings"

// Kind says who wrote a wrapper.
type Kind uint8

// Kinds of wrapper. The zero value is no kind.
const (
	// Gateway is a wrapper that a mail gateway of the victim (or of somebody who
	// forwarded the mail) wrote. It is benign, and it identifies whom it protects.
	Gateway Kind = iota + 1
	// Redirector is a wrapper that the sender chose: an indicator of its own, on a
	// service shared with everybody.
	Redirector
)

// String is "gateway" or "redirector".
func (k Kind) String() string {
	switch k {
	case Gateway:
		return "gateway"
	case Redirector:
		return "redirector"
	}
	return "none"
}

// Step is one wrapper taken off.
type Step struct {
	// Service names it in lower case: "safelinks", "proofpoint-v3", "google", or
	// "open-redirect" where nobody's format is known but a URL is carried.
	Service string
	// Wrapper is the URL that wraps, as it was given or as the step before found it.
	Wrapper string
	// Target is where a browser is sent in the end: an absolute http, https or ftp
	// URL in valid UTF-8, its scheme in lower case, without spaces or control
	// characters. Percent-encoding is undone as often as the service undoes it;
	// what was encoded more often stays encoded.
	Target string
	// Recipient is true where the wrapper carries the recipient's address, or an
	// identifier of the recipient, of the message or of the organisation.
	Recipient bool
	Kind      Kind
}

const (
	// mostSteps bounds wrappers in one another.
	mostSteps = 8
	// mostBytes bounds the URL. Browsers and gateways stop at 2 to 32 KB; what is
	// longer wraps nothing for anybody.
	mostBytes = 64 << 10
	// mostGrowth bounds a target by the length of the URL it came out of, in all
	// steps together: compressed targets must not become a bomb.
	mostGrowth = 4
)

// Unwrap takes off every wrapper of url, outermost first. It is nil when url
// wraps nothing, is not an absolute http, https or ftp URL, or is longer than
// 64 KiB. At most 8 wrappers are taken off; no target is longer than four times
// url and 64 bytes. Time and memory are linear in the length of url.
//
// HTML entities are the caller's to undo, but a query pasted with "&amp;" between
// its parameters is read all the same.
func Unwrap(url string) []Step {
	if len(url) > mostBytes {
		return nil
	}
	limit := mostGrowth*len(url) + 64
	var steps []Step
	for len(steps) < mostSteps {
		l, ok := split(unamp(url))
		if !ok {
			break
		}
		s, ok := unwrap(&l)
		if !ok || len(s.Target) > limit || s.Target == url {
			break
		}
		s.Wrapper = url
		steps = append(steps, s)
		url = s.Target
	}
	return steps
}

// unwrap takes off one wrapper. Step.Wrapper is left to the caller.
func unwrap(l *link) (Step, bool) {
	rules, known := rulesFor(l)
	for i := range rules {
		r := &rules[i]
		if !r.matches(l) {
			continue
		}
		if target, ok := r.target(l); ok {
			return Step{Service: r.service, Target: target, Recipient: r.identifies(l), Kind: r.kind}, true
		}
	}
	if known && rules[0].kind == Gateway {
		return Step{}, false
	}
	if target, ok := openRedirect(l); ok {
		return Step{Service: "open-redirect", Target: target, Kind: Redirector}, true
	}
	return Step{}, false
}

// Opaque reports whether url was wrapped by a known gateway and its target cannot
// be had by arithmetic, and by which service: the wrapper is benign, the target
// unknown. It is false for what [Unwrap] can take off, and for shorteners and
// click trackers, which are no gateways. [TargetDomain] may know the target's
// domain.
func Opaque(url string) (service string, ok bool) {
	if len(url) > mostBytes {
		return "", false
	}
	l, ok := split(unamp(url))
	if !ok {
		return "", false
	}
	rules, _ := rulesFor(&l)
	for i := range rules {
		r := &rules[i]
		if r.kind != Gateway || !r.matches(&l) || r.path == "" && len(l.path) <= 1 && l.query == "" {
			continue
		}
		if _, ok := r.target(&l); ok {
			return "", false
		}
		if service == "" {
			service = r.service
		}
	}
	return service, service != ""
}

// TargetDomain is the domain, in lower case, of the target of a gateway's
// wrapper, where the wrapper names it beside (or instead of) the target:
// domain= of Mimecast and Inky, Domain= of Egress, d= of Sophos. It is "" where it
// does not.
func TargetDomain(url string) string {
	if len(url) > mostBytes {
		return ""
	}
	l, ok := split(unamp(url))
	if !ok {
		return ""
	}
	rules, _ := rulesFor(&l)
	for i := range rules {
		r := &rules[i]
		if r.domain == "" || !r.matches(&l) {
			continue
		}
		if v, _, ok := l.param(r.domain); ok {
			if d := strings.ToLower(unescape(v, false)); plausibleHost(d) {
				return d
			}
		}
	}
	return ""
}
