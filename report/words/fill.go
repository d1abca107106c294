package words

import (
	"reflect"

	"weir/report/result"
)

// Fill sets the sentence of every finding in v, a pointer to anything that holds some: a document is then
// whole without this package.
func Fill(v any) { fill(reflect.ValueOf(v)) }

var findingType, warningType = reflect.TypeFor[result.Finding](), reflect.TypeFor[result.Warning]()

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Slice:
		if holdsFindings(v.Type().Elem()) {
			for i := range v.Len() {
				fill(v.Index(i))
			}
		}
	case reflect.Struct:
		if v.Type() == findingType {
			if v.CanSet() {
				f := v.Addr().Interface().(*result.Finding)
				if f.Text == "" && f.Code != "" {
					f.Text = Of(*f)
				}
			}
			return
		}
		if v.Type() == warningType {
			if v.CanSet() {
				w := v.Addr().Interface().(*result.Warning)
				if w.Text == "" && w.Code != "" {
					w.Text = Of(result.Finding(*w))
				}
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	}
}

// holdsFindings is false for the element types of long slices of numbers, which are not worth a walk.
func holdsFindings(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct, reflect.Pointer, reflect.Interface, reflect.Slice:
		return true
	}
	return false
}
