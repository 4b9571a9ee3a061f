package ingest

import (
	"mime"
	"strings"

	"kairan/sanitize"
	"kairan/store"
)

// HubIdentity is how the hub recognises its own mail. The zero value recognises
// none.
type HubIdentity struct {
	// NoticeAddress is the From address of notices and receipts.
	NoticeAddress string
	// ListID is the identifier inside the brackets of our List-Id field.
	ListID string
	// MessageIDDomain is what stands after the "@" of our Message-IDs.
	MessageIDDomain string
}

// noticeField is in every notice and every receipt of ours.
const noticeField = "X-Notice-Id"

// Classify tells by its header what a mail at the mailbox is: a report unless
// something says otherwise. It looks at the mail's own fields only. A report
// whose attached original is a bounce, an automatic reply or one of our notices
// stays a report, and so does a complaint in the Abuse Reporting Format, which
// like a bounce is a multipart/report (RFC 5965).
//
// Where it cannot be sure it says report, because a report that is none costs an
// operator a look and a report that is taken for something else is lost.
// Nothing else than a report is ever answered (RFC 3834 §2).
func Classify(header sanitize.Header, hub HubIdentity) store.MailKind {
	ct := contentTypeOf(header)
	switch {
	case isOwn(header, hub):
		return store.MailOwn
	case ct.is("multipart/report") && ct.report == "feedback-report":
		return store.MailReport
	case isBounce(header, ct):
		return store.MailBounce
	case isAutoReply(header, ct):
		return store.MailAutoReply
	case nullReturnPath(header):
		return store.MailBounce // nobody wrote it (RFC 5321 §4.5.5), and it is no automatic reply
	case isReply(header, ct, hub):
		return store.MailReply
	}
	return store.MailReport
}

// AnsweredIDs returns the Message-IDs of ours that a mail answers, without
// brackets, that of In-Reply-To first, then those of References, each once. Ours
// are those with the hub's domain, which anybody may write: only a look into the
// ledger tells whether such a mail was ever sent.
func AnsweredIDs(header sanitize.Header, hub HubIdentity) []string {
	if hub.MessageIDDomain == "" {
		return nil
	}
	const most = 20
	var ids []string
	seen := map[string]bool{}
	for _, name := range []string{"In-Reply-To", "References"} {
		value := header.Get(name)
		for len(ids) < most {
			_, rest, found := strings.Cut(value, "<")
			id, rest, closed := strings.Cut(rest, ">")
			if !found || !closed {
				break
			}
			value = rest
			_, domain, _ := strings.Cut(id, "@")
			if strings.EqualFold(domain, hub.MessageIDDomain) && !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// isOwn recognises a notice or a receipt that came back to the hub, for example
// because a contact's mailbox redirects to it.
func isOwn(header sanitize.Header, hub HubIdentity) bool {
	if has(header, noticeField) {
		return true
	}
	if hub.NoticeAddress != "" {
		if address, _, ok := sanitize.ParseMailbox(header.Get("From")); ok && strings.EqualFold(address, hub.NoticeAddress) {
			return true
		}
	}
	id := strings.TrimSpace(header.Get("List-Id"))
	return hub.ListID != "" && strings.HasSuffix(strings.ToLower(id), "<"+strings.ToLower(hub.ListID)+">")
}

// isBounce recognises a delivery status report (RFC 3464) and the older forms of
// it that have no structure.
func isBounce(header sanitize.Header, ct contentType) bool {
	if ct.is("message/delivery-status") || ct.is("message/global-delivery-status") {
		return true
	}
	if ct.is("multipart/report") && (ct.report == "delivery-status" || ct.report == "global-delivery-status" || ct.report == "") {
		return true
	}
	if has(header, "X-Failed-Recipients") { // Exim, and what descends from it
		return true
	}
	switch local, _, _ := strings.Cut(fromAddress(header), "@"); strings.ToLower(local) {
	case "mailer-daemon":
		return true
	case "postmaster": // a person at a member may write from there
		return startsWithAny(subject(header), bounceSubjects)
	}
	return false
}

var bounceSubjects = []string{
	"undeliverable", "undelivered mail", "delivery status notification", "delivery failure", "delivery report",
	"mail delivery failed", "mail delivery failure", "mail system error", "returned mail", "failure notice", "warning: message",
	"配信不能", "配信できません", "配達できません", "送信エラー", "エラーメール", "不達",
}

// isAutoReply recognises what a program sent in answer to a mail: automatic
// replies, read receipts, list mail.
func isAutoReply(header sanitize.Header, ct contentType) bool {
	if has(header, "Auto-Submitted") && firstWord(header, "Auto-Submitted") != "no" { // RFC 3834 §5
		return true
	}
	switch firstWord(header, "Precedence") {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, name := range []string{"X-Auto-Response-Suppress", "X-Autoreply", "X-Auto-Reply", "X-Autorespond"} {
		if v := firstWord(header, name); v != "" && v != "no" && v != "none" {
			return true
		}
	}
	if ct.is("multipart/report") || ct.is("message/disposition-notification") {
		return true // a read receipt (RFC 8098), or a kind of report made for a machine
	}
	return !ct.mayCarryMail() && isAutoReplySubject(subject(header))
}

// autoReplySubjects are the words that mail programs put at the beginning of an
// automatic reply's subject. Words that a phishing mail's subject might begin
// with (不在通知: a parcel that could not be delivered) are not among them.
var autoReplySubjects = []string{
	"automatic reply", "auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse",
	"out of office", "out of the office", "out-of-office",
	"自動応答", "自動返信", "自動返信メール", "自動応答メール", "不在応答", "不在自動応答",
}

// isAutoReplySubject is strict about where the words end, so that a reporter may
// still write about "自動返信を装った不審メール".
func isAutoReplySubject(subject string) bool {
	for _, words := range autoReplySubjects {
		for _, s := range []string{subject, strings.TrimLeft(subject, "[【(（<＜")} {
			rest, ok := strings.CutPrefix(s, words)
			if !ok {
				continue
			}
			rest = strings.TrimLeft(rest, " \u3000")
			if rest == "" || startsWithAny(rest, []string{":", "：", "]", "】", ")", "）", ">", "＞", "-", "re:"}) {
				return true
			}
		}
	}
	return false
}

// isReply recognises an answer to a mail of ours. What was forwarded is none:
// mail programs put the forwarded mail's Message-ID into References too, and an
// attacker can write ours into the mail that he hopes is reported.
func isReply(header sanitize.Header, ct contentType, hub HubIdentity) bool {
	if ct.mayCarryMail() || has(header, "X-Forwarded-Message-Id") || len(AnsweredIDs(header, hub)) == 0 {
		return false
	}
	return !startsWithAny(subject(header), []string{"fw:", "fwd:", "fw：", "fwd：", "転送"})
}

// contentType is what Classify needs of the Content-Type field.
type contentType struct {
	media  string // lower case; "text/plain" where nothing readable is given
	report string // the report-type parameter, lower case
}

func contentTypeOf(header sanitize.Header) contentType {
	value := header.Get("Content-Type")
	media, params, err := mime.ParseMediaType(value)
	if err != nil {
		// Broken parameters must not hide the type, nor make a bounce of a complaint.
		value = strings.ToLower(value)
		media, _, _ = strings.Cut(value, ";")
		media = strings.TrimSpace(media)
		if strings.Contains(value, "feedback-report") {
			params = map[string]string{"report-type": "feedback-report"}
		}
	}
	if media == "" {
		media = "text/plain"
	}
	return contentType{media: media, report: strings.ToLower(strings.TrimSpace(params["report-type"]))}
}

func (c contentType) is(media string) bool { return c.media == media }

// mayCarryMail is true where the body may hold a mail as an attachment.
func (c contentType) mayCarryMail() bool {
	switch c.media {
	case "text/plain", "text/html", "multipart/alternative", "multipart/related":
		return false
	}
	return true
}

// nullReturnPath is true when the envelope had no sender, as the server that
// delivered the mail recorded it (RFC 5321 §4.4).
func nullReturnPath(header sanitize.Header) bool {
	return strings.Join(strings.Fields(header.Get("Return-Path")), "") == "<>"
}

// fromAddress is the address in From, as far as one can be made out. Unlike
// sanitize.ParseMailbox it guesses: bounces name their sender in odd ways, such as
// "MAILER-DAEMON (Mail Delivery System)" or "<>".
func fromAddress(header sanitize.Header) string {
	from := header.Get("From")
	if i := strings.LastIndexByte(from, '<'); i >= 0 {
		from, _, _ = strings.Cut(from[i+1:], ">")
	}
	from, _, _ = strings.Cut(from, "(")
	return strings.TrimSpace(from)
}

// subject is the decoded subject in lower case, without the marks of replies.
func subject(header sanitize.Header) string {
	s := strings.ToLower(strings.TrimSpace(header.Text("Subject")))
	for range 5 {
		rest, ok := strings.CutPrefix(s, "re:")
		if !ok {
			break
		}
		s = strings.TrimSpace(rest)
	}
	return s
}

func has(header sanitize.Header, name string) bool {
	for _, f := range header {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// firstWord returns the first word of the topmost field with that name, in
// lower case, without parameters and comments.
func firstWord(header sanitize.Header, name string) string {
	word := strings.ToLower(strings.TrimSpace(header.Get(name)))
	if i := strings.IndexAny(word, "; \t(,"); i >= 0 {
		word = word[:i]
	}
	return word
}

func startsWithAny(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}
