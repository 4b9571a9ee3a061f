package ingest

import (
	"slices"
	"testing"

	"kairan/sanitize"
	"kairan/store"
)

var testHub = HubIdentity{
	NoticeAddress:   "notice@hub.example",
	ListID:          "kairan.hub.example",
	MessageIDDomain: "id.hub.example",
}

func TestClassify(t *testing.T) {
	const (
		from  = "From: Yamada Taro <taro@member.example>"
		mixed = "Content-Type: multipart/mixed; boundary=b"
	)
	tests := []struct {
		name   string
		header sanitize.Header
		want   store.MailKind
	}{
		// Reports.
		{"empty header", nil, store.MailReport},
		{"a mail forwarded as an attachment", fields("Return-Path: <taro@member.example>", from, "Subject: Fwd: Invoice", mixed), store.MailReport},
		{"日本語の報告", fields(from, "Subject: 不審メールの報告", mixed), store.MailReport},
		{"Auto-Submitted: no", fields(from, "Auto-Submitted: no (really)", "Subject: report"), store.MailReport},
		{"forwarded automatic reply", fields(from, "Subject: Fwd: Automatic reply: Invoice"), store.MailReport},
		{"転送された自動返信", fields(from, "Subject: 転送: 自動返信: 請求書"), store.MailReport},
		{"about automatic replies", fields(from, "Subject: 自動返信を装った不審メール"), store.MailReport},
		{"about automatic replies, English", fields(from, "Subject: Automatic reply phishing seen today"), store.MailReport},
		{"a parcel that could not be delivered", fields(from, "Subject: 不在通知"), store.MailReport},
		{"an automatic reply's subject with an attachment", fields(from, "Subject: Automatic reply: Invoice", mixed), store.MailReport},
		{"a complaint in ARF", fields("Return-Path: <>", "From: abuse@member.example", "Auto-Submitted: auto-generated",
			`Content-Type: multipart/report; report-type="feedback-report"; boundary=b`), store.MailReport},
		{"a complaint in ARF with broken parameters", fields("Content-Type: Multipart/Report; report-type=Feedback-Report; boundary=a; boundary=b"), store.MailReport},
		{"a postmaster who is a person", fields("From: postmaster@member.example", "Subject: Suspicious mail", mixed), store.MailReport},
		{"the word bounce in the subject", fields(from, "Subject: Undeliverable: Invoice", mixed), store.MailReport},
		{"answers a mail of somebody else", fields(from, "Subject: Re: Invoice", "In-Reply-To: <x@evil.example>"), store.MailReport},
		{"answers a notice with a mail attached", fields(from, "Subject: Re: notice", "In-Reply-To: <d1.1@id.hub.example>", mixed), store.MailReport},
		{"forwards a mail that names a notice", fields(from, "Subject: Fwd: Re: notice", "References: <d1.1@id.hub.example>"), store.MailReport},
		{"notice named by a forwarding field", fields(from, "Subject: notice", "X-Forwarded-Message-Id: <a@evil.example>", "References: <d1.1@id.hub.example>"), store.MailReport},
		{"a domain that only ends like ours", fields(from, "In-Reply-To: <x@xid.hub.example>"), store.MailReport},

		// Bounces.
		{"delivery status report", fields("Return-Path: <>", "From: MAILER-DAEMON@mx.contact.example (Mail Delivery System)", "Auto-Submitted: auto-replied",
			"Subject: Undelivered Mail Returned to Sender", "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\""), store.MailBounce},
		{"report type in capitals", fields("Content-Type: Multipart/Report; boundary=b; Report-Type=DELIVERY-STATUS"), store.MailBounce},
		{"report without a type", fields("Content-Type: multipart/report; boundary=b"), store.MailBounce},
		{"report with broken parameters", fields("Content-Type: multipart/report; report-type=delivery-status; boundary=a; boundary=b"), store.MailBounce},
		{"bare delivery status", fields("Content-Type: message/delivery-status"), store.MailBounce},
		{"qmail", fields("Return-Path: <>", "From: MAILER-DAEMON@mx.contact.example", "Subject: failure notice"), store.MailBounce},
		{"a name without an address", fields("From: Mailer-Daemon (Mail Delivery System)", "Subject: x"), store.MailBounce},
		{"Exim", fields("From: Mail Delivery System <Mailer-Daemon@mx.contact.example>", "X-Failed-Recipients: a@contact.example"), store.MailBounce},
		{"a postmaster's bounce", fields("From: postmaster@contact.example", "Subject: Undeliverable: [Kairan] notice"), store.MailBounce},
		{"日本語のエラーメール", fields("From: postmaster@contact.example", "Subject: 配信不能: 標的型メール情報"), store.MailBounce},
		{"null return path and nothing else", fields("Return-Path: < >", from, "Subject: hello"), store.MailBounce},

		// Automatic replies.
		{"RFC 3834", fields("Return-Path: <>", from, "Auto-Submitted: auto-replied", "Subject: hello"), store.MailAutoReply},
		{"RFC 3834 with parameters and an attachment", fields(from, "AUTO-SUBMITTED: Auto-Generated; owner-email=x", mixed), store.MailAutoReply},
		{"RFC 3834 behind a comment", fields(from, "Auto-Submitted: (hello) auto-replied"), store.MailAutoReply},
		{"bulk", fields(from, "Precedence: bulk"), store.MailAutoReply},
		{"list", fields(from, "Precedence: List"), store.MailAutoReply},
		{"Exchange", fields(from, "X-Auto-Response-Suppress: All"), store.MailAutoReply},
		{"X-Autoreply", fields(from, "X-Autoreply: yes"), store.MailAutoReply},
		{"read receipt", fields(from, "Content-Type: multipart/report; report-type=disposition-notification; boundary=b"), store.MailAutoReply},
		{"Automatic reply", fields(from, "Subject: Automatic reply: [Kairan] notice"), store.MailAutoReply},
		{"Out of office", fields(from, "Subject: Re: Out of Office"), store.MailAutoReply},
		{"Outlook 日本語", fields(from, "Subject: 自動応答: 標的型メール情報"), store.MailAutoReply},
		{"encoded 自動応答", fields(from, "Subject: =?UTF-8?B?6Ieq5YuV5b+c562UOiDmqJnnmoTlnovjg6Hjg7zjg6vmg4XloLE=?="), store.MailAutoReply},
		{"【自動返信】", fields(from, "Subject: 【自動返信】お問い合わせありがとうございます"), store.MailAutoReply},
		{"自動返信メール", fields(from, "Subject: 自動返信メール"), store.MailAutoReply},
		{"an automatic reply to a notice", fields(from, "Auto-Submitted: auto-replied", "In-Reply-To: <d1.1@id.hub.example>"), store.MailAutoReply},

		// Our own.
		{"from the hub", fields("From: Kairan <NOTICE@hub.example>", "Auto-Submitted: auto-generated"), store.MailOwn},
		{"with a notice's identifier", fields(from, "X-Notice-Id: n1"), store.MailOwn},
		{"with the list's identifier", fields(from, "List-Id: Kairan <kairan.HUB.example>"), store.MailOwn},
		{"with another list's identifier", fields(from, "List-Id: Kairan <x.kairan.hub.example.evil.example>"), store.MailReport},

		// Replies.
		{"answers a notice", fields(from, "Subject: Re: notice", "In-Reply-To: <d1.1@id.hub.example>", "Content-Type: text/plain"), store.MailReply},
		{"answers a notice in HTML", fields(from, "Subject: RE: 受領しました", "In-Reply-To: <d1.1@ID.hub.example>", "Content-Type: multipart/alternative; boundary=b"), store.MailReply},
		{"answers an answer", fields(from, "Subject: Re: notice", "In-Reply-To: <x@contact.example>", "References: <d1.1@id.hub.example> <x@contact.example>"), store.MailReply},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Classify(tt.header, testHub); got != tt.want {
				t.Errorf("Classify(%q) = %q; want %q", tt.header, got, tt.want)
			}
		})
	}
}

// Without an identity the hub recognises nothing as its own, not everything.
func TestClassifyZeroHub(t *testing.T) {
	for _, h := range []sanitize.Header{
		nil,
		fields("From: ", "List-Id: <>", "In-Reply-To: <x@>"),
		fields("From: taro@member.example", "List-Id: x", "References: <x>"),
	} {
		if got := Classify(h, HubIdentity{}); got != store.MailReport {
			t.Errorf("Classify(%q, zero identity) = %q; want %q", h, got, store.MailReport)
		}
	}
}

func TestAnsweredIDs(t *testing.T) {
	tests := []struct {
		name   string
		header sanitize.Header
		want   []string
	}{
		{"none", fields("Subject: x"), nil},
		{"In-Reply-To first, each once", fields("References: <a@id.hub.example> <b@id.hub.example>\t<c@evil.example>", "In-Reply-To: Your message <b@id.hub.example>"),
			[]string{"b@id.hub.example", "a@id.hub.example"}},
		{"unclosed", fields("In-Reply-To: <a@id.hub.example"), nil},
		{"folded", fields("References: <a@id.hub.example>\r\n <b@id.hub.example>"), []string{"a@id.hub.example", "b@id.hub.example"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := AnsweredIDs(tt.header, testHub); !slices.Equal(got, tt.want) {
				t.Errorf("AnsweredIDs(%q) = %q; want %q", tt.header, got, tt.want)
			}
		})
	}
}

func FuzzClassify(f *testing.F) {
	f.Add("From", "<a@b.example>", "Content-Type", "multipart/report; report-type=delivery-status")
	f.Add("In-Reply-To", "<a@id.hub.example>", "Subject", "=?utf-8?b?44GC?= re: re:")
	f.Add("Auto-Submitted", "(", "Return-Path", "<>")
	f.Fuzz(func(t *testing.T, n1, v1, n2, v2 string) {
		h := sanitize.Header{{Name: n1, Value: v1}, {Name: n2, Value: v2}}
		switch k := Classify(h, testHub); k {
		case store.MailReport, store.MailReply, store.MailBounce, store.MailAutoReply, store.MailOwn:
		default:
			t.Errorf("Classify(%q) = %q; want one of the five kinds", h, k)
		}
	})
}
