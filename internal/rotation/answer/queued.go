package answer

import (
	"context"
	"encoding/json"
	"time"

	"rotunda/internal/rotation"
	"rotunda/internal/rotation/engine"
)

// queuedNote names the note, beside the locks, of the messages that sweep has put into its queue.
const queuedNote = "sweep--queued"

// lostAfter is when a message after which nothing was noted counts as lost. One that was delivered
// again while the lock of a worker that died was still held, is.
const lostAfter = 20 * time.Minute

// queued is when the message for a secret went into the queue, by the fingerprint of what asked
// for the work.
type queued map[string]time.Time

// notQueued returns the names of the secrets that do not wait in the queue already, and notes
// them. What was begun is always returned: its message may have died with its worker. Without the
// note, a slow queue would get every message again at each sweep. If the note
// cannot be read or written, all are returned: a message too many does no harm.
func (r Rotations) notQueued(ctx context.Context, due []engine.Due, now time.Time) []string {
	before := r.readQueued(ctx)
	after, names := queued{}, []string{}
	for _, d := range due {
		if d.Open {
			names = append(names, d.Name)
			continue
		}
		at, waits := before[d.As]
		if !waits || now.Sub(at) >= lostAfter {
			names, at = append(names, d.Name), now.UTC().Truncate(time.Second)
		}
		after[d.As] = at
	}
	if len(names) > 0 || len(after) != len(before) {
		r.writeQueued(ctx, after)
	}
	return names
}

func (r Rotations) readQueued(ctx context.Context) queued {
	text, err := r.Engine.Locks.ReadNote(ctx, queuedNote)
	before := queued{}
	if err != nil || text == "" || json.Unmarshal([]byte(text), &before) != nil {
		return queued{}
	}
	return before
}

func (r Rotations) writeQueued(ctx context.Context, after queued) {
	text, err := json.Marshal(after)
	if err == nil && len(text) <= rotation.MaxNote {
		_ = r.Engine.Locks.WriteNote(ctx, queuedNote, string(text)) // else the next sweep queues them again
	}
}
