package report

import (
	"reflect"

	"weir/report/result"
	"weir/report/words"
)

// A filter copies an analysis, or a part of one, and changes its floats or its strings on the way. Doing it
// once, over the whole value, is what keeps a renderer from forgetting a field.
type filter struct {
	float func(float64) float64 // nil: unchanged
	text  func(string) string   // nil: unchanged
}

// filtered returns a copy, with the sentence of every finding, that shares only what it does not change. Nil
// slices and maps become empty ones, because in report.json null means "not known" and an empty list is known
// to be empty. Pointers and interfaces that are nil stay nil.
func filtered[T any](f filter, v *T) *T {
	out := f.copy(reflect.ValueOf(*v)).Interface().(T)
	words.Fill(&out)
	return &out
}

var argsType = reflect.TypeFor[result.Args]()

func (f filter) copy(v reflect.Value) reflect.Value {
	if v.Type() == argsType { // of which a sentence is made yet
		return v
	}
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Float64, reflect.Float32:
		out.SetFloat(v.Float())
		if f.float != nil {
			out.SetFloat(f.float(v.Float()))
		}
	case reflect.String:
		out.SetString(v.String())
		if f.text != nil {
			out.SetString(f.text(v.String()))
		}
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return out
		}
		elem := f.copy(v.Elem())
		if v.Kind() == reflect.Pointer {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(elem)
		} else {
			out.Set(elem)
		}
	case reflect.Slice:
		if !v.IsNil() && !f.touches(v.Type().Elem()) { // a timeline's thousands of counts
			return v
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(f.copy(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for k, e := range v.Seq2() {
			out.SetMapIndex(f.copy(k), f.copy(e))
		}
	case reflect.Struct:
		out.Set(v)
		for i := range v.NumField() {
			if out.Field(i).CanSet() { // else unexported, in a type that a later version hangs in
				out.Field(i).Set(f.copy(v.Field(i)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// touches reports whether a value of type t may change on the way.
func (f filter) touches(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Float64, reflect.Float32:
		return f.float != nil
	case reflect.String:
		return f.text != nil
	case reflect.Pointer:
		return f.touches(t.Elem())
	case reflect.Slice, reflect.Map, reflect.Struct, reflect.Interface:
		return true
	}
	return false
}
