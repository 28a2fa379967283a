package standin

import "rotunda/internal/standin/github"

// PublishGitHub serves GitHub's provider of tokens for a workflow, at its real host names, through
// the proxy.
func (a *Azure) PublishGitHub(workflow github.Workflow) (*github.Provider, error) {
	provider, err := github.New(workflow)
	if err != nil {
		return nil, err
	}
	return provider, a.Publish(provider, github.Host, github.RequestHost)
}

// GitHubEnv returns the setting with which the app trusts workflows.
func GitHubEnv() string {
	return `TRUSTED_ISSUERS=[{"issuer": "` + github.Issuer + `", "audience": "` + Audience + `", "principal": "github:{repository}:{ref}"}]`
}
