//! The code that the derive macros emit.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Data, DeriveInput, Error, Fields, Result, spanned::Spanned};

use crate::attribute::{Default, MessageAttribute, Range, WireField};

/// `#[derive(Wire)]`.
pub(crate) fn part(input: &DeriveInput) -> Result<TokenStream> {
    let fields = fields(input)?;
    let wire = wire_impl(&input.ident, &fields);
    let default = default_impl(&input.ident, &fields);
    Ok(quote!(#wire #default))
}

/// `#[derive(Message)]`.
pub(crate) fn message(input: &DeriveInput) -> Result<TokenStream> {
    let attribute = MessageAttribute::parse(&input.attrs, input.ident.span())?;
    let part = part(input)?;
    let message = message_impl(&input.ident, &attribute);
    let api = api_impl(&input.ident, &attribute)?;
    Ok(quote!(#part #message #api))
}

fn fields(input: &DeriveInput) -> Result<Vec<WireField>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => named.named.iter().map(WireField::parse).collect(),
            Fields::Unit => Ok(Vec::new()),
            Fields::Unnamed(_) => Err(Error::new(input.span(), "fields need names")),
        },
        _ => Err(Error::new(input.span(), "only structs go over the wire")),
    }
}

fn wire_impl(ident: &Ident, fields: &[WireField]) -> TokenStream {
    let name = ident.to_string();
    let field_schemas = fields.iter().map(field_schema);
    let encode = fields.iter().filter(|f| f.tag.is_none()).map(|f| encode_plain(&name, f));
    let encode_tagged = encode_tagged(&name, fields);
    let (decode, build) = decode_fields(&name, fields);
    let decode_tagged = decode_tagged(&name, fields);
    let min_sizes = fields.iter().filter(|f| f.tag.is_none()).map(min_size);
    quote! {
        #[automatically_derived]
        #[allow(clippy::all, unused_variables, unused_mut)]
        impl ::ottla_protocol::wire::Wire for #ident {
            const TYPE: ::ottla_protocol::wire::schema::TypeSchema =
                ::ottla_protocol::wire::schema::TypeSchema::Struct(&::ottla_protocol::wire::schema::StructSchema {
                    name: #name,
                    fields: &[#(#field_schemas),*],
                });

            fn encode(
                &self,
                e: &mut ::ottla_protocol::wire::Encoder,
            ) -> ::core::result::Result<(), ::ottla_protocol::wire::EncodeError> {
                let version = e.version();
                #(#encode)*
                #encode_tagged
                Ok(())
            }

            fn decode(
                d: &mut ::ottla_protocol::wire::Decoder,
            ) -> ::core::result::Result<Self, ::ottla_protocol::wire::DecodeError> {
                let version = d.version();
                #decode
                #decode_tagged
                Ok(Self { #build })
            }

            fn min_size(version: i16, flexible: bool) -> usize {
                0 #(+ #min_sizes)* + usize::from(flexible)
            }
        }
    }
}

fn default_impl(ident: &Ident, fields: &[WireField]) -> TokenStream {
    let idents = fields.iter().map(|f| &f.ident);
    let values = fields.iter().map(default_value);
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#idents: #values),* }
            }
        }
    }
}

fn default_value(field: &WireField) -> TokenStream {
    let inner = &field.inner;
    let value = match &field.default {
        Some(Default::Null) => return quote!(::core::option::Option::None),
        Some(default) => {
            let literal = default.literal();
            quote!(<#inner as ::ottla_protocol::wire::derived::FromLiteral<_>>::from_literal(#literal))
        }
        None => quote!(<#inner as ::core::default::Default>::default()),
    };
    if field.optional { quote!(::core::option::Option::Some(#value)) } else { value }
}

fn field_schema(field: &WireField) -> TokenStream {
    let schema = quote!(::ottla_protocol::wire::schema);
    let WireField { name, inner, ignorable, never_flexible, .. } = field;
    let versions = field.versions.schema();
    let nullable = if field.optional { field.nullable } else { Range::NONE }.schema();
    let tag = option(field.tag.map(|tag| quote!(#tag)));
    let tagged = if field.tag.is_some() { field.tagged } else { Range::NONE }.schema();
    let default = option(field.default.as_ref().map(Default::schema));
    quote! {
        #schema::FieldSchema {
            name: #name,
            ty: <#inner as ::ottla_protocol::wire::Wire>::TYPE,
            versions: #versions,
            nullable: #nullable,
            tag: #tag,
            tagged: #tagged,
            ignorable: #ignorable,
            never_flexible: #never_flexible,
            default: #default,
            entity: <#inner as ::ottla_protocol::wire::Wire>::ENTITY,
        }
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

fn encode_plain(message: &str, field: &WireField) -> TokenStream {
    let value = encode_value(message, field);
    if field.versions.is_all() {
        return value;
    }
    let present = field.versions.holds(&quote!(version));
    let absent = refuse_unless_default(message, field);
    quote!(if #present { #value } else { #absent })
}

/// Writes the field's value, null or not.
fn encode_value(message: &str, field: &WireField) -> TokenStream {
    let WireField { ident, inner, name, .. } = field;
    let wire = quote!(::ottla_protocol::wire::Wire);
    let derived = quote!(::ottla_protocol::wire::derived);
    if !field.optional {
        return match field.never_flexible {
            true => quote!(#derived::encode_inflexible(&self.#ident, e)?;),
            false => quote!(#wire::encode(&self.#ident, e)?;),
        };
    }
    let nullable = match (field.never_flexible, field.tag) {
        (true, _) => quote!(#derived::encode_nullable_inflexible::<#inner>(self.#ident.as_ref(), e)?;),
        (false, None) => quote!(<#inner as #wire>::encode_nullable(self.#ident.as_ref(), e)?;),
        (false, Some(_)) => quote!(#derived::encode_nullable_tagged::<#inner>(self.#ident.as_ref(), e)?;),
    };
    if field.nullable.is_all() {
        return nullable;
    }
    let allowed = field.nullable.holds(&quote!(version));
    quote! {
        if #allowed {
            #nullable
        } else {
            match &self.#ident {
                Some(value) => #wire::encode(value, e)?,
                None => return Err(#derived::null(e, #message, #name)),
            }
        }
    }
}

/// In a version without the field: an error unless it has its default or may be dropped.
fn refuse_unless_default(message: &str, field: &WireField) -> TokenStream {
    if field.ignorable {
        return quote!();
    }
    let WireField { ident, name, declared, .. } = field;
    let default = default_value(field);
    quote! {
        let default: #declared = #default;
        if self.#ident != default {
            return Err(::ottla_protocol::wire::derived::not_in_version(e, #message, #name));
        }
    }
}

fn encode_tagged(message: &str, fields: &[WireField]) -> TokenStream {
    let mut tagged: Vec<&WireField> = fields.iter().filter(|f| f.tag.is_some()).collect();
    tagged.sort_by_key(|f| f.tag);
    let flags: Vec<Ident> = tagged.iter().map(|f| format_ident!("has_{}", f.ident)).collect();
    let decide = tagged.iter().zip(&flags).map(|(field, flag)| {
        let WireField { ident, declared, .. } = *field;
        let default = default_value(field);
        let present = field.tagged.holds(&quote!(version));
        let absent = refuse_unless_default(message, field);
        quote! {
            let #flag = if #present {
                let default: #declared = #default;
                self.#ident != default
            } else {
                #absent
                false
            };
        }
    });
    let write = tagged.iter().zip(&flags).map(|(field, flag)| {
        let tag = field.tag;
        let value = encode_value(message, field);
        quote!(if #flag { e.put_tagged(#tag, |e| { #value Ok(()) })?; })
    });
    quote! {
        #(#decide)*
        if e.is_flexible() {
            e.put_uvarint(0 #(+ u32::from(#flags))*);
            #(#write)*
        }
    }
}

/// Statements that read the plain fields into variables, and the struct's fields built from all variables.
fn decode_fields(message: &str, fields: &[WireField]) -> (TokenStream, TokenStream) {
    let statements = fields.iter().map(|field| {
        let WireField { declared, .. } = field;
        let variable = variable(field);
        let default = default_value(field);
        if field.tag.is_some() {
            return quote!(let mut #variable: #declared = #default;);
        }
        let value = decode_value(message, field);
        if field.versions.is_all() {
            return quote!(let #variable: #declared = #value;);
        }
        let present = field.versions.holds(&quote!(version));
        quote!(let #variable: #declared = if #present { #value } else { #default };)
    });
    let idents = fields.iter().map(|f| &f.ident);
    let variables = fields.iter().map(variable);
    (quote!(#(#statements)*), quote!(#(#idents: #variables),*))
}

/// Field names must not shadow `d` and `version`.
fn variable(field: &WireField) -> Ident {
    format_ident!("field_{}", field.ident)
}

/// Reads the field's value, null or not.
fn decode_value(message: &str, field: &WireField) -> TokenStream {
    let WireField { inner, name, .. } = field;
    let wire = quote!(::ottla_protocol::wire::Wire);
    let derived = quote!(::ottla_protocol::wire::derived);
    let plain = match field.never_flexible {
        true => quote!(#derived::decode_inflexible::<#inner>(d)),
        false => quote!(<#inner as #wire>::decode(d)),
    };
    let nullable = match (field.never_flexible, field.tag) {
        (true, _) => quote!(#derived::decode_nullable_inflexible::<#inner>(d)),
        (false, None) => quote!(<#inner as #wire>::decode_nullable(d)),
        (false, Some(_)) => quote!(#derived::decode_nullable_tagged::<#inner>(d)),
    };
    let read = if !field.optional {
        plain
    } else if field.nullable.is_all() {
        nullable
    } else {
        let allowed = field.nullable.holds(&quote!(version));
        quote!((if #allowed { #nullable } else { #plain.map(::core::option::Option::Some) }))
    };
    // A `match` instead of `map_err` and `?`: a closure for each of a thousand fields takes its time to compile.
    quote! {
        match #read {
            Ok(value) => value,
            Err(error) => return Err(error.within(#message, #name)),
        }
    }
}

fn decode_tagged(message: &str, fields: &[WireField]) -> TokenStream {
    if fields.iter().all(|f| f.tag.is_none()) {
        return quote!(d.skip_tagged()?;);
    }
    let arms = fields.iter().filter(|f| f.tag.is_some()).map(|field| {
        let tag = field.tag;
        let variable = variable(field);
        let value = decode_value(message, field);
        let present = field.tagged.holds(&quote!(version));
        quote!(#tag if #present => #variable = #value,)
    });
    quote! {
        if d.is_flexible() {
            d.take_tagged(&mut |tag, d| {
                match tag {
                    #(#arms)*
                    _ => return Ok(false),
                }
                Ok(true)
            })?;
        }
    }
}

fn min_size(field: &WireField) -> TokenStream {
    let WireField { inner, .. } = field;
    let flexible = if field.never_flexible { quote!(false) } else { quote!(flexible) };
    let size = if field.optional {
        // Where null is not allowed the value is at least as long for strings, bytes and arrays, and structs are not
        // empty, so the nullable size is a lower bound everywhere.
        quote!(<#inner as ::ottla_protocol::wire::Wire>::nullable_min_size(#flexible))
    } else {
        quote!(<#inner as ::ottla_protocol::wire::Wire>::min_size(version, #flexible))
    };
    if field.versions.is_all() {
        return size;
    }
    let present = field.versions.holds(&quote!(version));
    quote!(if #present { #size } else { 0 })
}

fn message_impl(ident: &Ident, attribute: &MessageAttribute) -> TokenStream {
    let schema = quote!(::ottla_protocol::wire::schema);
    let name = attribute.name.clone().unwrap_or_else(|| ident.to_string());
    let versions = attribute.versions.schema();
    let flexible = attribute.flexible.schema();
    let kind = match attribute.kind.to_string().as_str() {
        "request" => quote!(Request),
        "response" => quote!(Response),
        "header" => quote!(Header),
        _ => quote!(Data),
    };
    let key = option(attribute.key.map(|key| quote!(#key)));
    let unstable = attribute.unstable;
    quote! {
        #[automatically_derived]
        impl ::ottla_protocol::wire::Message for #ident {
            const NAME: &'static str = #name;
            const VERSIONS: #schema::VersionRange = #versions;
            const FLEXIBLE: #schema::VersionRange = #flexible;
            const SCHEMA: #schema::MessageSchema = #schema::MessageSchema {
                name: #name,
                kind: #schema::MessageKind::#kind,
                key: #key,
                versions: #versions,
                flexible: #flexible,
                last_version_unstable: #unstable,
                body: match <#ident as ::ottla_protocol::wire::Wire>::TYPE {
                    #schema::TypeSchema::Struct(body) => body,
                    _ => unreachable!(),
                },
            };
        }
    }
}

fn api_impl(ident: &Ident, attribute: &MessageAttribute) -> Result<TokenStream> {
    let key = || attribute.key.ok_or_else(|| Error::new(ident.span(), "`key = ..` is missing"));
    let api_key = quote!(::ottla_protocol::api_key::ApiKey);
    match attribute.kind.to_string().as_str() {
        "request" => {
            let key = key()?;
            let response =
                attribute.response.as_ref().ok_or_else(|| Error::new(ident.span(), "`response = ..` is missing"))?;
            Ok(quote! {
                #[automatically_derived]
                impl ::ottla_protocol::wire::Request for #ident {
                    const KEY: #api_key = #api_key(#key);
                    type Response = #response;
                }
            })
        }
        "response" => {
            let key = key()?;
            Ok(quote! {
                #[automatically_derived]
                impl ::ottla_protocol::wire::Response for #ident {
                    const KEY: #api_key = #api_key(#key);
                }
            })
        }
        "header" | "data" => Ok(quote!()),
        other => Err(Error::new(attribute.kind.span(), format!("unknown kind `{other}`"))),
    }
}
