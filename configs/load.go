package configs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	File    string
	Line    int    // from 1; 0 where something is missing
	Key     string // "relay.address"
	Message string
}

func (p Problem) String() string {
	place := p.File
	if p.Line > 0 {
		place += ":" + strconv.Itoa(p.Line)
	}
	if p.Key != "" {
		place += ": " + p.Key
	}
	return place + ": " + p.Message
}

// Problems are all that is wrong with a configuration, a line each.
type Problems []Problem

func (p Problems) Error() string {
	var lines []string
	for _, one := range p {
		lines = append(lines, one.String())
	}
	return strings.Join(lines, "\n")
}

// Default returns the settings of the embedded kairan.toml.
func Default() Config {
	var c Config
	text, err := Files.ReadFile("kairan.toml")
	if err == nil {
		l := &loader{file: "kairan.toml"}
		l.read(text, &c)
		err = l.err()
	}
	if err != nil {
		panic("the embedded kairan.toml is broken: " + err.Error()) // a test sees to it that it is not
	}
	return c
}

// maxConfig bounds a configuration file.
const maxConfig = 1 << 20

// Load reads a configuration file over the defaults. Its error is [Problems], or
// that of reading the file.
func Load(path string) (Config, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Config{}, err
	}
	if info.Size() > maxConfig {
		return Config{}, fmt.Errorf("%s: larger than a configuration can be", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, err
	}
	return Parse(path, text)
}

// Parse reads a configuration over the defaults. name is what problems call it.
func Parse(name string, text []byte) (Config, error) {
	c := Default()
	l := &loader{file: name}
	if l.read(text, &c) {
		l.check(c)
	}
	if err := l.err(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// loader gathers problems with their lines.
type loader struct {
	file     string
	lines    map[string]int
	problems Problems
	misspelt []string        // known keys, as they should have been written
	unread   map[string]bool // keys that could not be read, and so are not judged
}

func (l *loader) err() error {
	if len(l.problems) == 0 {
		return nil
	}
	slices.SortFunc(l.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Message, b.Message))
	})
	return l.problems
}

func (l *loader) problem(key, format string, args ...any) {
	if l.unread[key] {
		return
	}
	l.problems = append(l.problems, Problem{File: l.file, Line: l.line(key), Key: key, Message: fmt.Sprintf(format, args...)})
}

// line is where a key stands, or else the table that it belongs into: a setting
// that is missing, or that stands in an inline table, has no line of its own.
func (l *loader) line(key string) int {
	for {
		if n, ok := l.lines[key]; ok {
			return n
		}
		at := strings.LastIndexAny(key, ".[")
		if at < 0 {
			return 0
		}
		key = key[:at]
	}
}

// read decodes text into c, key by key, so that all that is wrong is found and
// not only the first. It returns false for text that is no TOML, of which
// nothing was read.
func (l *loader) read(text []byte, c *Config) bool {
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		p := Problem{File: l.file, Message: err.Error()}
		var decode *toml.DecodeError
		if errors.As(err, &decode) {
			p.Line, _ = decode.Position()
		}
		l.problems = append(l.problems, p)
		return false
	}
	l.lines = keyLines(text)
	l.table("", tree, reflect.ValueOf(c).Elem())
	l.unread = map[string]bool{}
	for _, p := range l.problems {
		l.unread[p.Key] = true
	}
	for _, key := range l.misspelt {
		l.unread[key] = true // that it is missing follows from the misspelling
	}
	return true
}

// table sets the fields of a struct from a table.
func (l *loader) table(path string, tree map[string]any, into reflect.Value) {
	fields := map[string]reflect.Value{}
	var names []string
	for i := range into.NumField() {
		name := into.Type().Field(i).Tag.Get("toml")
		fields[name] = into.Field(i)
		names = append(names, name)
	}
	for name, value := range tree {
		key := join(path, name)
		field, ok := fields[name]
		if !ok {
			l.unknown(path, name, nearest(name, names), tree)
			continue
		}
		l.set(key, value, field)
	}
}

// unknown tells of a key that is no setting. meant is the one that it looks like,
// or "".
func (l *loader) unknown(path, name, meant string, tree map[string]any) {
	key := join(path, name)
	if meant == "" {
		l.problem(key, "unknown key")
		return
	}
	l.problem(key, "unknown key; did you mean %s?", join(path, meant))
	if _, too := tree[meant]; !too {
		l.misspelt = append(l.misspelt, join(path, meant))
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// set sets one field, or tells why it cannot be set.
func (l *loader) set(key string, value any, field reflect.Value) {
	if t, ok := field.Addr().Interface().(interface{ UnmarshalText([]byte) error }); ok {
		text, isText := value.(string)
		if n, isNumber := value.(int64); isNumber && field.Type() == reflect.TypeFor[Size]() {
			text, isText = strconv.FormatInt(n, 10), true
		}
		if !isText {
			l.problem(key, "wants text in quotes")
		} else if err := t.UnmarshalText([]byte(text)); err != nil {
			l.problem(key, "%v", err)
		}
		return
	}
	switch v := value.(type) {
	case string:
		if field.Kind() == reflect.String {
			field.SetString(v)
			return
		}
	case bool:
		if field.Kind() == reflect.Bool {
			field.SetBool(v)
			return
		}
	case int64:
		if field.Kind() == reflect.Int {
			field.SetInt(v)
			return
		}
	case map[string]any:
		if field.Kind() == reflect.Struct {
			l.table(key, v, field)
			return
		}
	case []any:
		if l.list(key, v, field) {
			return
		}
	}
	l.problem(key, "wants %s", kindName(field))
}

// list sets a field that holds several tables or texts.
func (l *loader) list(key string, values []any, field reflect.Value) bool {
	if field.Kind() != reflect.Slice {
		return false
	}
	out := reflect.MakeSlice(field.Type(), len(values), len(values))
	for i, v := range values {
		one := out.Index(i)
		switch v := v.(type) {
		case map[string]any:
			if one.Kind() != reflect.Struct {
				return false
			}
			if m, ok := one.Addr().Interface().(*Mailbox); ok {
				*m = mailboxDefaults()
			}
			l.table(fmt.Sprintf("%s[%d]", key, i), v, one)
		case string:
			if one.Kind() != reflect.String {
				return false
			}
			one.SetString(v)
		default:
			return false
		}
	}
	field.Set(out)
	return true
}

func kindName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Struct:
		return "to be a table, [like.this]"
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			return "to be tables, [[like.this]]"
		}
		return `a list of texts, ["like", "this"]`
	}
	return "text in quotes"
}

// nearest is the known key that is most like name, or "" when none is.
func nearest(name string, known []string) string {
	best, at := "", 3
	for _, k := range known {
		if d := distance(name, k); d < at {
			best, at = k, d
		}
	}
	return best
}

// distance is how many letters must be changed, added or left out.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// keyLines tells on which line each key stands: "relay.address",
// "mailbox[0].user".
func keyLines(text []byte) map[string]int {
	lines := map[string]int{}
	var p unstable.Parser
	p.Reset(text)
	prefix := ""
	count := map[string]int{}
	for p.NextExpression() {
		e := p.Expression()
		var parts []string
		line := 0
		for it := e.Key(); it.Next(); {
			n := it.Node()
			parts = append(parts, string(n.Data))
			if line == 0 {
				line = p.Shape(n.Raw).Start.Line
			}
		}
		name := strings.Join(parts, ".")
		switch e.Kind {
		case unstable.Table:
			prefix = name
			lines[prefix] = line
		case unstable.ArrayTable:
			prefix = fmt.Sprintf("%s[%d]", name, count[name])
			count[name]++
			lines[prefix] = line
			if _, ok := lines[name]; !ok {
				lines[name] = line
			}
		case unstable.KeyValue:
			lines[join(prefix, name)] = line
		}
	}
	return lines
}
