package host_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"rotunda/internal/standin/host"
)

func TestAReleasedMessageIsInvisibleForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queues := host.NewQueues()
		check(t, queues.Put("Orders", "a"))
		first, _ := queues.Take(t.Context(), "orders")
		equal(t, "first try", first.Count, 1)
		queues.Release("orders", first, time.Minute)
		check(t, queues.Put("orders", "b"))
		other, _ := queues.Take(t.Context(), "orders")
		equal(t, "taken meanwhile", other.Text, "b")
		began := time.Now()
		again, _ := queues.Take(t.Context(), "orders")
		equal(t, "pause", time.Since(began), time.Minute)
		equal(t, "text", again.Text, "a")
		equal(t, "second try", again.Count, 2)
		queues.Remove("orders", first)
		equal(t, "a released message can't be removed", len(queues.Texts("orders")), 2)
		queues.Remove("orders", again)
		equal(t, "left", strings.Join(queues.Texts("orders"), ","), "b")
	})
}

func TestTakersWaitWithoutPolling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queues := host.NewQueues()
		ctx, cancel := context.WithCancel(t.Context())
		taken := make(chan string, 3)
		for range 3 {
			go func() {
				message, ok := queues.Take(ctx, "orders")
				if !ok {
					message.Text = "nothing"
				}
				taken <- message.Text
			}()
		}
		synctest.Wait()
		check(t, queues.Put("orders", "a"))
		check(t, queues.Put("orders", "b"))
		synctest.Wait()
		cancel()
		synctest.Wait()
		got := []string{<-taken, <-taken, <-taken}
		slices.Sort(got)
		equal(t, "taken", strings.Join(got, ","), "a,b,nothing")
	})
}

func TestMessagesThatStorageRejects(t *testing.T) {
	queues := host.NewQueues()
	check(t, queues.Put("orders", strings.Repeat("a", 64<<10)))
	if err := queues.Put("orders", strings.Repeat("a", 64<<10+1)); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("a message that is too long: %v", err)
	}
	if err := queues.Put("", "a"); err == nil {
		t.Error("a queue without a name accepted a message")
	}
}
