package benign

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"strings"
)

// group is a part of the built-in lists: names that are there for one reason.
type group struct {
	name string
	tier Tier
	uses use
	// exact are single hosts; below are domains with all that is under them.
	// Either may have a path, and then counts for URLs under it only.
	exact, below string
}

// builtin are our own lists. Each is short on purpose: it holds what a mail
// program, a document or a kit really puts into mails, as seen in real ones, and
// leaves completeness to MISP's lists.
var builtin = []group{
	// XML namespaces, document types and schemas are identifiers that look like
	// URLs. One URL in nine of a thousand phishing mails was one.
	{name: "namespaces and document types", tier: Infrastructure,
		exact: `w3.org www.w3.org schemas.microsoft.com schemas.openxmlformats.org schemas.xmlsoap.org schemas.android.com schema.org www.schema.org
			purl.org www.purl.org purl.oclc.org ns.adobe.com xmlns.com xml.org ogp.me opengraphprotocol.org openoffice.org www.openoffice.org
			docs.oasis-open.org openxmlformats.org xmlns.jcp.org java.sun.com xml.apache.org gmpg.org microformats.org rdfs.org
			schemas.live.com schemas.google.com a9.com search.yahoo.com/mrss iptc.org cipa.jp/exif ns.useplus.org www.aiim.org www.npes.org
			relaxng.org www.opengis.net www.sitemaps.org www.gribuser.ru www.idpf.org sodipodi.sourceforge.net www.inkscape.org creativecommons.org/ns
			web.resource.org/cc www.apple.com/dtds www.ascc.net tempuri.org mulberrytech.com`},

	// Fonts and style sheets that templates load; nothing of a sender's is there.
	{name: "fonts and style sheets", tier: Infrastructure,
		exact: `fonts.googleapis.com fonts.gstatic.com use.typekit.net p.typekit.net use.fontawesome.com kit.fontawesome.com fonts.bunny.net
			fast.fonts.net cloud.typography.com maxcdn.bootstrapcdn.com stackpath.bootstrapcdn.com webfonts.fontplus.jp webfont.fontplus.jp`},

	// Certificates name where their revocation is told; signed mails and programs
	// are full of them.
	{name: "certificate revocation", tier: Infrastructure,
		exact: `ocsp.digicert.com crl3.digicert.com crl4.digicert.com cacerts.digicert.com crl.microsoft.com mscrl.microsoft.com
			oneocsp.microsoft.com ocsp.msocsp.com www.microsoft.com/pki www.microsoft.com/pkiops crl.globalsign.com crl.globalsign.net
			ocsp.globalsign.com ocsp2.globalsign.com secure.globalsign.com crl.verisign.com ocsp.verisign.com ocsp.sectigo.com crl.sectigo.com
			crt.sectigo.com ocsp.usertrust.com crl.usertrust.com crt.usertrust.com ocsp.comodoca.com crl.comodoca.com crt.comodoca.com
			ocsp.entrust.net crl.entrust.net aia.entrust.net ocsp.thawte.com crl.thawte.com th.symcb.com th.symcd.com sv.symcb.com sv.symcd.com
			s.symcb.com s1.symcb.com s2.symcb.com ts-ocsp.ws.symantec.com ts-crl.ws.symantec.com ocsp.godaddy.com crl.godaddy.com
			certificates.godaddy.com ocsp.starfieldtech.com crl.starfieldtech.com ocsp.pki.goog crl.pki.goog pki.goog c.pki.goog i.pki.goog o.pki.goog
			ocsp.apple.com crl.apple.com certs.apple.com ocsp.rootca1.amazontrust.com crl.rootca1.amazontrust.com ocsp.sca1b.amazontrust.com
			r3.o.lencr.org r10.o.lencr.org r11.o.lencr.org e5.o.lencr.org e6.o.lencr.org x1.c.lencr.org r3.i.lencr.org r10.i.lencr.org r11.i.lencr.org
			repository.secomtrust.net scrootca2.ocsp.secomtrust.net crl.cybertrust.ne.jp ocsp.cybertrust.ne.jp rtcrl.managedpki.ne.jp
			ocsp.actalis.it crl.actalis.it ocsp.certum.pl crl.certum.pl subca.ocsp-certum.com repository.certum.pl`},

	// Words that the receiver's own mail system wrote into the mail. The target
	// of a rewritten link is found by undoing the rewriting, not here.
	{name: "link rewriters and their help pages", tier: Infrastructure,
		exact: `urldefense.com urldefense.us urldefense.proofpoint.com`,
		below: `safelinks.protection.outlook.com safelinks.protection.office365.us safelinks.protection.partner.outlook.cn`},

	// Microsoft's own short links: only Microsoft can make one, so it leads to
	// Microsoft's pages.
	{name: "short links of one company", tier: Infrastructure, exact: `aka.ms go.microsoft.com`},

	// Names that mean something else in every network (RFC 6761, RFC 6762,
	// RFC 8375, RFC 9476; the reverse zones RFC 6303).
	{name: "special-use names", tier: Infrastructure,
		below: `localhost local localdomain invalid test home.arpa internal alt in-addr.arpa ip6.arpa`},

	// Shorteners: who sees the domain knows nothing about where it leads.
	{name: "shorteners", tier: SharedHosting,
		below: `t.co bit.ly bitly.com j.mp tinyurl.com is.gd v.gd ow.ly goo.gl buff.ly rb.gy rebrand.ly cutt.ly shorturl.at s.id t.ly lnkd.in
			fb.me youtu.be amzn.to amzn.asia ux.nu x.gd urx.space urx3.nu qr.paps.jp onl.la onl.tw onl.bz tiny.cc soo.gd clck.ru u.to shrtco.de
			short.gy dub.sh tny.im qrco.de qrs.ly me-qr.com qr.page q-r.to scnv.io l.ead.me bl.ink snip.ly trib.al dlvr.it spoti.fi lin.ee
			surl.li n9.cl t.me wa.me shorte.st adf.ly gg.gg hyperurl.co linkr.ee tr.ee chilp.it l8r.it 0rz.tw reurl.cc ppt.cc`},

	// Pages that list somebody's links.
	{name: "link pages", tier: SharedHosting,
		below: `linktr.ee lit.link linkin.bio lnk.bio bio.link beacons.ai taplink.cc campsite.bio solo.to carrd.co about.me msha.ke heylink.me
			linkbio.co allmylinks.com instabio.cc potofu.me profcard.info`},

	// Object storage and content delivery: anybody's bucket, one company's name.
	{name: "storage and delivery of content", tier: SharedHosting,
		below: `amazonaws.com cloudfront.net storage.googleapis.com firebasestorage.googleapis.com storage.cloud.google.com googleusercontent.com
			appspot.com blob.core.windows.net web.core.windows.net file.core.windows.net azureedge.net azurefd.net digitaloceanspaces.com
			backblazeb2.com wasabisys.com r2.dev linodeobjects.com oraclecloud.com aliyuncs.com myqcloud.com vultrobjects.com contabostorage.com
			scw.cloud ovh.net cdn.discordapp.com media.discordapp.net i.imgur.com imgur.com ibb.co i.ibb.co postimg.cc gyazo.com b-cdn.net fastly.net
			akamaihd.net jsdelivr.net unpkg.com statically.io githack.com rawgit.com ik.imagekit.io res.cloudinary.com supabase.co bunnycdn.com`},

	// Hosting with a free name under a common domain.
	{name: "free hosting", tier: SharedHosting,
		below: `github.io gitlab.io bitbucket.io azurewebsites.net azurestaticapps.net cloudapp.net cloudapp.azure.com trafficmanager.net
			workers.dev pages.dev trycloudflare.com cloudflare-ipfs.com netlify.app netlify.com vercel.app now.sh herokuapp.com onrender.com
			render.com fly.dev railway.app deno.dev surge.sh glitch.me repl.co replit.app replit.dev codesandbox.io csb.app stackblitz.io
			web.app firebaseapp.com run.app cloudfunctions.net amplifyapp.com elasticbeanstalk.com awsapprunner.com on.aws lambda-url.us-east-1.on.aws
			wixsite.com wixstudio.io editorx.io weebly.com weeblysite.com webflow.io wordpress.com blogspot.com blogspot.jp blogger.com tumblr.com
			square.site mystrikingly.com strikingly.com godaddysites.com myportfolio.com framer.app framer.website framer.media
			000webhostapp.com infinityfreeapp.com rf.gd epizy.com byethost.com freehostia.com awardspace.com hostingerapp.com hostingersite.com
			plesk.page easywp.com mybluehost.me cprapid.com temporary.site site123.me ucoz.net ucoz.com jimdofree.com jimdosite.com
			webnode.page webnode.com yolasite.com zyrosite.com simdif.com ukit.me teachable.com bubbleapps.io softr.app glideapp.io
			fc2.com web.fc2.com sakura.ne.jp xsrv.jp wpx.jp coreserver.jp lolipop.jp webcrow.jp stars.ne.jp html.xdomain.jp ameblo.jp
			hatenablog.com hatenablog.jp hateblo.jp note.com livedoor.blog seesaa.net jugem.jp cocolog-nifty.com peraichi.com studio.site
			mybluemix.net appdomain.cloud ondigitalocean.app linodeusercontent.com hstgr.io edgeone.app zeabur.app lovable.app bolt.host
			contentsquare.site tripod.com angelfire.com bravesites.com`},

	// Documents, forms and files: a page of the service, a text of the attacker.
	{name: "documents, forms and file exchange", tier: SharedHosting,
		below: `docs.google.com drive.google.com drive.usercontent.google.com forms.gle sites.google.com script.google.com lookerstudio.google.com
			datastudio.google.com groups.google.com calendar.google.com/calendar/event translate.google.com translate.goog
			forms.office.com forms.microsoft.com forms.cloud.microsoft sway.office.com sway.cloud.microsoft customervoice.microsoft.com
			sharepoint.com onmicrosoft.com sharepoint.cn 1drv.ms 1drv.com onedrive.live.com my.microsoftpersonalcontent.com attachment.outlook.live.net
			onenoteonlinesync.onenote.com dynamics.com powerappsportals.com powerapps.com app.powerbi.com
			dropbox.com/s dropbox.com/sh dropbox.com/scl dropbox.com/l dropbox.com/transfer dl.dropboxusercontent.com dropboxusercontent.com
			db.tt box.com app.box.com wetransfer.com we.tl mega.nz mega.io mediafire.com 4shared.com gofile.io filebin.net transfer.sh
			sendspace.com pixeldrain.com file.io anonfiles.com gigafile.nu firestorage.jp firestorage.com xgf.nu axfc.net uploader.jp 1fichier.com
			send-anywhere.com smash.com fromsmash.com files.fm pcloud.com pcloud.link proton.me/urls drive.proton.me
			github.com gist.github.com raw.githubusercontent.com githubusercontent.com gitlab.com bitbucket.org gitee.com codeberg.org
			pastebin.com paste.ee rentry.co rentry.org hastebin.com ghostbin.com controlc.com telegra.ph justpaste.it dpaste.com
			notion.site notion.so canva.com my.canva.site express.adobe.com spark.adobe.com new.express.adobe.com indd.adobe.com acrobat.adobe.com
			documentcloud.adobe.com adobesign.com docusign.net docusign.com hellosign.com docsend.com pandadoc.com dochub.com issuu.com
			typeform.com jotform.com jotform.eu surveymonkey.com formstack.com wufoo.com formspree.io getform.io forms.zohopublic.com
			zohopublic.com zfrmz.com cognitoforms.com paperform.co tally.so airtable.com smartsheet.com form.run formzu.net formok.com
			ws.formzu.net kintoneapp.com form.kintoneapp.com trello.com evernote.com padlet.com genially.com genial.ly gamma.app gamma.site figma.com
			miro.com lucid.app prezi.com sway.com milanote.com clickup.com monday.com atlassian.net hubspot.com hs-sites.com hubspotpagebuilder.com
			mailchi.mp campaign-archive.com flipsnack.com flipbuilder.com scribd.com slideshare.net calameo.com archive.org web.archive.org
			api.telegram.org discord.com/api/webhooks discord.gg graph.org`},

	// Links that go on to wherever their parameter or the customer says.
	{name: "redirectors and click counters", tier: SharedHosting,
		below: `google.com/url google.com/amp google.com/travel/clk google.co.jp/url google.co.jp/amp maps.google.com/url adservice.google.com googleadservices.com
			doubleclick.net ampproject.org googleweblight.com feedproxy.google.com notifications.google.com bing.com/ck youtube.com/redirect
			facebook.com/l.php l.facebook.com lm.facebook.com l.instagram.com linkedin.com/redir linkedin.com/slink linkedin.com/safety/go
			vk.com/away.php away.vk.com steamcommunity.com/linkfilter t.umblr.com href.li ct.sendgrid.net sendgrid.net mandrillapp.com
			list-manage.com rs6.net awstrack.me mailgun.org sparkpostmail.com exacttarget.com click.pstmrk.it hubspotlinks.com hubspotemail.net
			customeriomail.com klclick.com klclick1.com mjt.lu cmail19.com cmail20.com createsend.com adform.net ad.doubleclick.net
			baidu.com/link sogou.com/link slack-redir.net r.search.yahoo.com search.yahoo.co.jp/clear rd.yahoo.co.jp ck.jp.ap.valuecommerce.com
			px.a8.net h.accesstrade.net click.linksynergy.com awin1.com shareasale.com anrdoezrs.net dpbolvw.net tkqlhce.com jdoqocy.com`},

	// Names for whoever changes addresses.
	{name: "dynamic DNS and tunnels", tier: SharedHosting,
		below: `duckdns.org ddns.net no-ip.org no-ip.com noip.com hopto.org zapto.org sytes.net servehttp.com myftp.org redirectme.net dyndns.org
			dyn.com dynu.com dynu.net freeddns.org ddnsfree.com ddnsgeek.com mywire.org webredirect.org chickenkiller.com mooo.com afraid.org
			us.to strangled.net crabdance.com ignorelist.com cloudns.net cloudns.cl cloudns.ph changeip.com dynv6.net nsupdate.info spdns.de
			mydns.jp ddo.jp ddns.jp dip.jp moe.hm ngrok.io ngrok.app ngrok.dev ngrok-free.app ngrok-free.dev loca.lt localhost.run lhr.life lhr.rocks
			serveo.net localtunnel.me pagekite.me devtunnels.ms portmap.io playit.gg tunnelmole.net bore.pub zrok.io pinggy.io pinggy.link
			duia.ro onthewifi.com gotdns.ch 3utilities.com bounceme.net myvnc.com viewdns.net sslip.io nip.io xip.io`},

	// IPFS and its like: content by its own hash, through anybody's gateway.
	{name: "gateways to distributed storage", tier: SharedHosting,
		below: `ipfs.io gateway.ipfs.io dweb.link cf-ipfs.com nftstorage.link w3s.link gateway.pinata.cloud mypinata.cloud fleek.co fleek.cool
			on-fleek.app infura-ipfs.io 4everland.io 4everland.app ipfs.fleek.co ipfs.tech arweave.net ar-io.net skynet.net siasky.net
			storry.tv filebase.io thirdwebstorage.com ipfscdn.io onion.ly onion.ws tor2web.org`},

	// Mailboxes for everybody: the address says something, its domain nothing.
	{name: "mailbox providers", tier: SharedHosting, uses: forEmail,
		below: `gmail.com googlemail.com outlook.com outlook.jp hotmail.com hotmail.co.jp live.com live.jp msn.com yahoo.com yahoo.co.jp ymail.ne.jp
			ymail.com rocketmail.com icloud.com me.com mac.com aol.com aol.jp gmx.com gmx.net gmx.de web.de mail.com mail.ru bk.ru inbox.ru list.ru
			yandex.com yandex.ru rambler.ru proton.me protonmail.com pm.me zoho.com zohomail.com qq.com foxmail.com 163.com 126.com yeah.net sina.com
			sina.cn sohu.com naver.com daum.net hanmail.net docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp ymobile.ne.jp
			rakuten.jp nifty.com biglobe.ne.jp so-net.ne.jp ocn.ne.jp plala.or.jp infoseek.jp goo.jp excite.co.jp livedoor.com eonet.ne.jp
			asahi-net.or.jp dion.ne.jp tutanota.com tuta.com fastmail.com t-online.de orange.fr free.fr laposte.net comcast.net btinternet.com
			mailinator.com guerrillamail.com yopmail.com 10minutemail.com temp-mail.org`},

	// The names that attackers pretend to be, and that people visit all day. A
	// link to one is part of the scenery, a redirect, or an abuse of its pages.
	{name: "popular sites", tier: Popular,
		below: `google.com google.co.jp gstatic.com googleapis.com youtube.com gmail.com microsoft.com microsoftonline.com office.com office.net office365.com
			outlook.com live.com msn.com windows.com windows.net azure.com bing.com skype.com microsoft365.com cloud.microsoft
			apple.com icloud.com mzstatic.com amazon.com amazon.co.jp amazon.jp media-amazon.com ssl-images-amazon.com aws.amazon.com
			facebook.com fbcdn.net instagram.com whatsapp.com twitter.com x.com twimg.com linkedin.com licdn.com line.me line-scdn.net
			yahoo.com yahoo.co.jp yimg.jp rakuten.co.jp rakuten.ne.jp r10s.jp mercari.com paypay.ne.jp paypal.com paypalobjects.com ebay.com
			netflix.com spotify.com adobe.com dropbox.com zoom.us slack.com discord.com github.githubassets.com salesforce.com force.com
			docomo.ne.jp nttdocomo.co.jp au.com kddi.com softbank.jp ntt.com ntt.co.jp sony.com nintendo.com nintendo.co.jp
			wikipedia.org wikimedia.org mozilla.org cloudflare.com cdnjs.cloudflare.com akamai.net akamaized.net jquery.com
			dhl.com fedex.com ups.com usps.com kuronekoyamato.co.jp sagawa-exp.co.jp japanpost.jp post.japanpost.jp
			jreast.co.jp eki-net.com jr-central.co.jp ana.co.jp jal.co.jp tepco.co.jp tokyo-gas.co.jp nhk.or.jp nhk.jp virustotal.com`},

	{name: "banks and cards", tier: Popular,
		below: `mufg.jp bk.mufg.jp cr.mufg.jp smbc.co.jp smbc-card.com vpass.ne.jp mizuhobank.co.jp mizuho-fg.co.jp resonabank.co.jp resona-gr.co.jp
			jp-bank.japanpost.jp rakuten-bank.co.jp rakuten-card.co.jp rakuten-sec.co.jp netbk.co.jp sbisec.co.jp sbi-sec.co.jp nomura.co.jp daiwa.jp
			monex.co.jp matsui.co.jp aeon.co.jp aeonbank.co.jp jcb.co.jp jcb.jp saisoncard.co.jp eposcard.co.jp orico.co.jp cedyna.co.jp lifecard.co.jp
			sevenbank.co.jp jibunbank.co.jp sonybank.jp shinseibank.com sbishinseibank.co.jp tsbank.co.jp norinchukin.co.jp
			visa.com visa.co.jp mastercard.com mastercard.co.jp americanexpress.com chase.com bankofamerica.com wellsfargo.com citi.com
			hsbc.com barclays.co.uk`},

	// Registries hand these out to institutions alone.
	{name: "government and academia", tier: Popular,
		below: `go.jp lg.jp ac.jp gov gov.uk mil edu ac.uk europa.eu un.org who.int ipa.go.jp jpcert.or.jp nisc.go.jp nta.go.jp`},
}

// reserved are the ranges that no host on the Internet has, or that do not say
// which one.
var reserved = []struct{ name, networks string }{
	{"private addresses", `10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 fc00::/7 fec0::/10`}, // RFC 1918, 6598, 4193, 3879
	{"loopback and link-local addresses", `127.0.0.0/8 169.254.0.0/16 ::1/128 fe80::/10`},             // RFC 1122, 3927, 4291
	{"multicast and broadcast addresses", `224.0.0.0/4 255.255.255.255/32 ff00::/8`},                  // RFC 5771, 919, 4291
	{"special-use addresses", `0.0.0.0/8 192.0.0.0/24 192.88.99.0/24 198.18.0.0/15 240.0.0.0/4 ::/128
		64:ff9b:1::/48 100::/64`}, // RFC 6890, 8215, 6666
	{"documentation addresses", `192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32 3fff::/20`}, // RFC 5737, 3849, 9637
	{"public DNS resolvers", `8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 1.1.1.2 1.0.0.2 1.1.1.3 1.0.0.3 9.9.9.9 9.9.9.10 149.112.112.112 149.112.112.10
		208.67.222.222 208.67.220.220 208.67.222.123 208.67.220.123 64.6.64.6 64.6.65.6 94.140.14.14 94.140.15.15 76.76.2.0 76.76.10.0
		185.228.168.9 185.228.169.9 77.88.8.8 77.88.8.1 114.114.114.114 223.5.5.5 223.6.6.6 119.29.29.29 129.250.35.250 129.250.35.251
		2001:4860:4860::8888 2001:4860:4860::8844 2606:4700:4700::1111 2606:4700:4700::1001 2620:fe::fe 2620:fe::9
		2620:119:35::35 2620:119:53::53`},
}

// documentationHosts are looked up only where [Lists.ReservedDocumentation] says so.
var documentationHosts = group{name: "documentation names", tier: Infrastructure,
	below: `example example.com example.net example.org example.jp example.co.jp example.ne.jp example.or.jp example.ac.jp example.go.jp`}

// nothings are contents that say nothing: empty files and a single blank. Every
// tool that saves an empty part makes one.
var nothings = []string{"", "\n", "\r\n", " ", "\x00"}

// Builtin returns the built-in lists, new each time, so that more can be added.
func Builtin() *Lists {
	l := &Lists{}
	for _, g := range append(builtin[:len(builtin):len(builtin)], documentationHosts) {
		b := batch{tier: g.tier, uses: g.uses}
		if b.uses == 0 {
			b.uses = forHost | forURL
		}
		for name := range strings.FieldsSeq(g.exact) {
			b.name(name, false)
		}
		for name := range strings.FieldsSeq(g.below) {
			b.name(name, true)
		}
		l.take(g.name, &b)
	}
	for _, r := range reserved {
		b := batch{tier: Infrastructure, uses: forIP}
		for s := range strings.FieldsSeq(r.networks) {
			if p, err := parsePrefix(s); err == nil { // a test looks every one up
				b.spans = append(b.spans, spanOf(p, 0))
			}
		}
		l.take(r.name, &b)
	}
	b := batch{tier: Infrastructure, uses: forHash}
	for _, n := range nothings {
		b.whole = append(b.whole, digests([]byte(n))...)
	}
	b.whole = append(b.whole, "3::") // the ssdeep of nothing
	l.take("digests of nothing", &b)
	return l
}

// digests are the digests of b that mails and reports use.
func digests(b []byte) []string {
	m, s1 := md5.Sum(b), sha1.Sum(b)
	s224, s256 := sha256.Sum224(b), sha256.Sum256(b)
	s384, s512 := sha512.Sum384(b), sha512.Sum512(b)
	var all []string
	for _, d := range [][]byte{m[:], s1[:], s224[:], s256[:], s384[:], s512[:]} {
		all = append(all, hex.EncodeToString(d))
	}
	return all
}
