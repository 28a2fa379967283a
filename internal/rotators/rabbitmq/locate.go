package rabbitmq

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"rotunda/internal/rotation"
)

// clusterID is the parameter in which a cluster keeps the random name that it gave itself
// (rabbitmq/rabbitmq-server deps/rabbit/src/rabbit_nodes.erl, persistent_cluster_id).
const clusterID = "internal_cluster_id"

// Locate implements rotation.Locator. All nodes of a cluster have the same users. A copy of it has
// the same id, but runs in other processes.
func (Rotator) Locate(ctx context.Context, s rotation.Subject) (rotation.Location, error) {
	target, err := readTarget(s)
	if err != nil {
		return rotation.Location{}, err
	}
	admin, err := target.server.newClient(target.admin)
	if err != nil {
		return rotation.Location{}, err
	}
	defer admin.close()
	var id struct{ Value string }
	err = admin.do(ctx, http.MethodGet, path("global-parameters", clusterID), nil, &id)
	if statusOf(err) == http.StatusNotFound { // an old version has none
		return rotation.Location{}, nil
	}
	if err != nil {
		return rotation.Location{}, target.server.fault("reading the cluster's id", err)
	}
	run, err := admin.run(ctx)
	if err != nil || id.Value == "" || run == "" {
		return rotation.Location{}, target.server.fault("reading its nodes", err)
	}
	return rotation.Location{Login: "rabbitmq " + id.Value + " " + target.pair().String(), Run: run}, nil
}

// run returns the cluster's nodes that run, with their processes.
func (c *client) run(ctx context.Context) (string, error) {
	var nodes []struct {
		Name    string
		PID     string `json:"os_pid"`
		Running bool
	}
	if err := c.do(ctx, http.MethodGet, "nodes?columns=name,os_pid,running", nil, &nodes); err != nil {
		return "", err
	}
	var running []string
	for _, node := range nodes {
		if node.Running {
			running = append(running, node.Name+" "+node.PID)
		}
	}
	slices.Sort(running)
	return strings.Join(running, ", "), nil
}
