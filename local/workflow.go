package main

import (
	"rotunda/internal/standin"
	"rotunda/internal/standin/github"
)

// workflow is a caller that is not in Entra: a workflow of GitHub Actions.
const workflow = "github"

var shop = github.Workflow{Repository: "contoso/shop", Ref: "refs/heads/main"}

// startWorkflow serves GitHub's provider of tokens, and writes the file of settings with which a
// shell runs the step of the action in action.yml.
func (d *desk) startWorkflow() (err error) {
	if d.github, err = d.azure.PublishGitHub(shop); err != nil {
		return err
	}
	return d.writeCaller(workflow, append(d.github.Env(), "ROTUNDA_URL="+standin.AppURL, "ROTUNDA_AUDIENCE="+standin.Audience))
}
