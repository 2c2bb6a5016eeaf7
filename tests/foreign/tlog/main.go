// SPDX-FileCopyrightText: The Lethe authors
// SPDX-License-Identifier: Apache-2.0

// Usage: tlog [-vkey KEY] FILE...
//
// Checks proofs and receipts of Lethe with Go's own transparency-log library, which shares no line with Lethe.
// A proof file names its verifier key; a receipt needs -vkey.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type file struct {
	// A proof.
	Vkey        string
	Size        int64
	Inclusion   []string
	Consistency *struct {
		OldCheckpoint string `json:"old_checkpoint"`
		Hashes        []string
	}
	// A receipt.
	Receipt   int64 `json:"lethe_receipt"`
	Statement json.RawMessage
	Proof     []string
	// Both.
	Checkpoint string
	Leaf       string
	Index      int64
}

func hashes(texts []string) ([]tlog.Hash, error) {
	var out []tlog.Hash
	for _, text := range texts {
		h, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// open verifies a checkpoint's signature and reads its size and root.
func open(checkpoint, vkey string) (size int64, root tlog.Hash, err error) {
	verifier, err := note.NewVerifier(strings.TrimSuffix(vkey, "\n"))
	if err != nil {
		return 0, root, err
	}
	n, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) < 4 {
		return 0, root, errors.New("the checkpoint has fewer than three lines")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, root, err
	}
	raw, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(raw) != len(root) {
		return 0, root, errors.New("the checkpoint's root is not a hash")
	}
	copy(root[:], raw)
	return size, root, nil
}

func checkIncluded(f *file, path []string, vkey string) (int64, tlog.Hash, error) {
	size, root, err := open(f.Checkpoint, vkey)
	if err != nil {
		return 0, root, err
	}
	p, err := hashes(path)
	if err != nil {
		return 0, root, err
	}
	return size, root, tlog.CheckRecord(tlog.RecordProof(p), size, root, f.Index, tlog.RecordHash([]byte(f.Leaf)))
}

func checkProof(f *file) (string, error) {
	size, root, err := checkIncluded(f, f.Inclusion, f.Vkey)
	if err != nil {
		return "", err
	}
	if size != f.Size {
		return "", fmt.Errorf("the proof is for %d leaves, its checkpoint has %d", f.Size, size)
	}
	said := fmt.Sprintf("leaf %d of %d", f.Index, size)
	if f.Consistency == nil {
		return said, nil
	}
	old, oldRoot, err := open(f.Consistency.OldCheckpoint, f.Vkey)
	if err != nil {
		return "", err
	}
	p, err := hashes(f.Consistency.Hashes)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, which extends the log of %d", said, old), tlog.CheckTree(tlog.TreeProof(p), size, root, old, oldRoot)
}

func checkReceipt(f *file, vkey string) (string, error) {
	size, _, err := checkIncluded(f, f.Proof, vkey)
	if err != nil {
		return "", err
	}
	var leaf struct{ Statement string }
	if err := json.Unmarshal([]byte(f.Leaf), &leaf); err != nil {
		return "", err
	}
	decoder := json.NewDecoder(bytes.NewReader(f.Statement))
	decoder.UseNumber()
	var statement any
	if err := decoder.Decode(&statement); err != nil {
		return "", err
	}
	var text bytes.Buffer
	if err := canonical(&text, statement); err != nil {
		return "", err
	}
	if sum := sha256.Sum256(text.Bytes()); hex.EncodeToString(sum[:]) != leaf.Statement {
		return "", errors.New("the statement is not the one in the leaf")
	}
	return fmt.Sprintf("receipt for leaf %d of %d", f.Index, size), nil
}

// canonical writes RFC 8785, integers only.
func canonical(out *bytes.Buffer, value any) error {
	switch v := value.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		fmt.Fprint(out, v)
	case json.Number:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return err
		}
		fmt.Fprint(out, n)
	case string:
		canonicalString(out, v)
	case []any:
		out.WriteByte('[')
		for i, item := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if err := canonical(out, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case map[string]any:
		var names []string
		for name := range v {
			names = append(names, name)
		}
		sort.Slice(names, func(i, j int) bool { return utf16Less(names[i], names[j]) })
		out.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				out.WriteByte(',')
			}
			canonicalString(out, name)
			out.WriteByte(':')
			if err := canonical(out, v[name]); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	}
	return nil
}

func utf16Less(a, b string) bool {
	x, y := utf16.Encode([]rune(a)), utf16.Encode([]rune(b))
	for i := 0; i < len(x) && i < len(y); i++ {
		if x[i] != y[i] {
			return x[i] < y[i]
		}
	}
	return len(x) < len(y)
}

func canonicalString(out *bytes.Buffer, text string) {
	short := map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}
	out.WriteByte('"')
	for _, r := range text {
		if s, ok := short[r]; ok {
			out.WriteString(s)
		} else if r < 0x20 {
			fmt.Fprintf(out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

func check(path, vkey string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return "", err
	}
	if f.Receipt == 0 {
		return checkProof(&f)
	}
	if vkey == "" {
		return "", errors.New("a receipt needs -vkey")
	}
	return checkReceipt(&f, vkey)
}

func run(paths []string, vkey string, out io.Writer) (failed int) {
	for _, path := range paths {
		if said, err := check(path, vkey); err != nil {
			fmt.Fprintf(out, "not ok %s: %v\n", path, err)
			failed++
		} else {
			fmt.Fprintf(out, "ok %s: %s\n", path, said)
		}
	}
	return failed
}

func main() {
	vkey := flag.String("vkey", "", "the verifier key receipts are checked with")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: tlog [-vkey KEY] FILE...")
		os.Exit(2)
	}
	failed := run(flag.Args(), *vkey, os.Stdout)
	fmt.Printf("%d passed, %d failed\n", flag.NArg()-failed, failed)
	if failed > 0 {
		os.Exit(1)
	}
}
