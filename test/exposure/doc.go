// Package exposure plays what can become of accounts on a real store of either
// engine: days on which anything may happen, with a story that follows them, and
// a real server whose answers change after an event. It refuses to put a state
// there that no event would have made.
package exposure
