package browser

import (
	"encoding/json"
	"errors"
	"fmt"

	"holdfast/test/softkey"
)

// Bridge puts a software authenticator in the place of the browser's own in
// each page opened later: attested as its Config says, which no virtual
// authenticator of Chromium can be. What the page asks for, and what it gets, is
// the JSON of WebAuthn L3 §5.1.8 to §5.1.10; a list of passkeys in a field is
// not offered.
func (tab *Tab) Bridge(key *softkey.Authenticator) {
	tab.t.Helper()
	tab.Binding("holdfastBridge", func(asked string) (script string) {
		var ask struct {
			ID      int
			What    string
			Options json.RawMessage
		}
		if err := json.Unmarshal([]byte(asked), &ask); err != nil {
			return `console.error("the bridge was asked something else")`
		}
		do := key.Get
		if ask.What == "create" {
			do = key.Create
		}
		answer, err := do(ask.Options)
		if err == nil {
			return fmt.Sprintf(`holdfastBridged(%d, %s)`, ask.ID, answer)
		}
		name := "UnknownError"
		if e, ok := errors.AsType[*softkey.Error](err); ok {
			name = e.Name
		}
		return fmt.Sprintf(`holdfastBridged(%d, null, %q)`, ask.ID, name)
	})
	tab.Before(bridge)
}

// bridge keeps options as JSON, and gives a credential that has of a
// PublicKeyCredential what the pages use: id and toJSON.
const bridge = `(() => {
	if (!window.PublicKeyCredential) return; // no secure context
	const waiting = new Map();
	let last = 0;
	window.holdfastBridged = (id, answer, error) => {
		const asker = waiting.get(id);
		waiting.delete(id);
		if (!asker) return;
		if (error) asker.reject(new DOMException("", error));
		else asker.resolve({ id: answer.id, type: answer.type, toJSON: () => answer });
	};
	const ask = (what, { publicKey, mediation, signal } = {}) => new Promise((resolve, reject) => {
		if (mediation === "conditional") return reject(new DOMException("", "NotAllowedError"));
		const id = ++last;
		waiting.set(id, { resolve, reject });
		signal?.addEventListener("abort", () => { waiting.delete(id); reject(new DOMException("", "AbortError")); });
		holdfastBridge(JSON.stringify({ id, what, options: publicKey }));
	});
	PublicKeyCredential.parseCreationOptionsFromJSON = (json) => json;
	PublicKeyCredential.parseRequestOptionsFromJSON = (json) => json;
	PublicKeyCredential.isConditionalMediationAvailable = async () => false;
	CredentialsContainer.prototype.create = (options) => ask("create", options);
	CredentialsContainer.prototype.get = (options) => ask("get", options);
})()`
