// Package tools pins the programs that the interoperability tests build from
// source, in a module of its own: what they bring is no part of the product.
package tools
