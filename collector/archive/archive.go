// Package archive keeps the bytes of old batches in compressed files beside a ledger, and is the ledger that finds them
// there.
//
// Start at Ledger: readers of it see every batch with its bytes, wherever these lie. Move takes what is older than an
// instant from the ledger to files; a file holds the batches of one stretch of positions, is written once and never
// changed. What a batch is about stays in the ledger, its hash included, so that whatever a file says can be checked. A batch
// whose bytes cannot be had is an Accepted link without them: whoever needs them must say so. The package reads no clock.
package archive

import (
	"context"
	"fmt"
	"iter"

	"portolan"
	"portolan/collector/ledger"
)

// Ledger is a ledger with a folder of files.
type Ledger struct {
	ledger.Ledger
	folder *Folder
}

// Join returns the ledger that finds bytes in the folder's files where l has them no more.
func Join(l ledger.Ledger, folder *Folder) *Ledger { return &Ledger{Ledger: l, folder: folder} }

// Read implements ledger.Batches.
func (l *Ledger) Read(ctx context.Context, q ledger.Query) ([]ledger.Link, error) {
	links, err := l.Ledger.Read(ctx, q)
	if !q.WithoutBytes {
		for i := range links {
			l.fill(&links[i])
		}
	}
	return links, err
}

// Overlapping implements ledger.Batches.
func (l *Ledger) Overlapping(ctx context.Context, agent portolan.AgentID, span portolan.Span, upTo ledger.Position) iter.Seq2[ledger.Link, error] {
	return func(yield func(ledger.Link, error) bool) {
		for link, err := range l.Ledger.Overlapping(ctx, agent, span, upTo) {
			l.fill(&link)
			if !yield(link, err) {
				return
			}
		}
	}
}

// Link implements ledger.Batches.
func (l *Ledger) Link(ctx context.Context, chain ledger.Chain, number uint64) (ledger.Link, error) {
	link, err := l.Ledger.Link(ctx, chain, number)
	l.fill(&link)
	return link, err
}

// fill gives a link the bytes that lie in a file.
func (l *Ledger) fill(link *ledger.Link) {
	if link.Status == ledger.Accepted && link.Bytes == nil {
		link.Bytes = l.folder.bytes(link.Position)
	}
}

// Faults tells which files could not be read so far, and why; each once.
func (l *Ledger) Faults() []string { return l.folder.Faults() }

// Bounds of a file, and of what one transaction moves.
const (
	fileBytes = 4 << 20 // of batches, uncompressed
	pageLinks = 1000
)

// Move moves the bytes of the batches that were received before an instant into files, oldest first, and returns how many
// batches that were. A batch leaves the ledger only when its file is durable and was read again. Only one collector may
// move at a time; after an end at any moment, the next call goes on.
func (l *Ledger) Move(ctx context.Context, before portolan.Instant) (count int, err error) {
	if err := l.folder.list(); err != nil {
		return 0, err
	}
	first, last := l.folder.newest()
	if last > 0 { // a file may have been written whose batches did not leave the ledger yet
		if err := l.leave(ctx, first-1, last); err != nil {
			return 0, err
		}
	}
	for {
		links, upTo, err := l.next(ctx, last, before)
		if err != nil || upTo == last {
			return count, err
		}
		if last = upTo; len(links) == 0 {
			continue
		}
		if err := l.folder.write(links); err != nil {
			return count, fmt.Errorf("write archive: %w", err)
		}
		if err := l.leave(ctx, links[0].Position-1, links[len(links)-1].Position); err != nil {
			return count, err
		}
		count += len(links)
	}
}

// next returns what the next file holds, and the position up to which there is nothing else to move; after if there is
// nothing.
func (l *Ledger) next(ctx context.Context, after ledger.Position, before portolan.Instant) (links []ledger.Link, upTo ledger.Position, err error) {
	size := 0
	for upTo = after; size < fileBytes; {
		page, err := l.Ledger.Read(ctx, ledger.Query{After: upTo, Limit: pageLinks})
		if err != nil {
			return nil, 0, fmt.Errorf("read batches to archive: %w", err)
		}
		for i := range page {
			if page[i].ReceivedAt >= before || size >= fileBytes {
				return links, upTo, nil
			}
			if upTo = page[i].Position; page[i].Status == ledger.Accepted && page[i].Bytes != nil {
				links = append(links, page[i])
				size += len(page[i].Bytes)
			}
		}
		if len(page) < pageLinks {
			return links, upTo, nil
		}
	}
	return links, upTo, nil
}

// leave takes the bytes of the batches of a file out of the ledger, if it still has them and the file has the same.
func (l *Ledger) leave(ctx context.Context, after, upTo ledger.Position) error {
	for {
		links, err := l.Ledger.Read(ctx, ledger.Query{After: after, UpTo: upTo, Limit: pageLinks})
		if err != nil {
			return fmt.Errorf("read archived batches: %w", err)
		}
		var moved []ledger.Link
		for i := range links {
			link := &links[i]
			after = link.Position
			if link.Status != ledger.Accepted || link.Bytes == nil {
				continue
			}
			if string(l.folder.bytes(link.Position)) != string(link.Bytes) {
				return fmt.Errorf("archive batch at position %d: its file does not give it back", link.Position)
			}
			moved = append(moved, *link)
		}
		if err := l.Ledger.Archive(ctx, moved); err != nil {
			return err
		}
		if len(links) < pageLinks {
			return nil
		}
	}
}

// Drop deletes the files of which every batch was removed, up to a position.
func (l *Ledger) Drop(ctx context.Context, upTo ledger.Position) error {
	for _, one := range l.folder.upTo(upTo) {
		left, err := l.Ledger.Read(ctx, ledger.Query{
			After: one.first - 1, UpTo: one.last, Status: ledger.Accepted, Limit: 1, WithoutBytes: true,
		})
		if err != nil {
			return fmt.Errorf("find what is left of %s: %w", one.name, err)
		}
		if len(left) > 0 {
			continue
		}
		if err := l.folder.remove(one); err != nil {
			return fmt.Errorf("delete archive file: %w", err)
		}
	}
	return nil
}
