package store

import "net/url"

// SQLiteDSN is the data source name under which a ledger in the file at path is
// to be opened: write-ahead log, every commit synced to disk, foreign keys
// checked, what is deleted overwritten with zeros, transactions that take the write
// lock at their beginning, and half a minute of patience with another process (an operator's command beside the
// hub). The driver is modernc.org/sqlite, which the caller imports.
func SQLiteDSN(path string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	q := url.Values{"_txlock": {"immediate"}}
	for _, pragma := range []string{"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)"} {
		q.Add("_pragma", pragma)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
