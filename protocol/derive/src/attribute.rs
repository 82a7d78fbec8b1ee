//! What the attributes say.

use proc_macro2::{Literal, Span, TokenStream};
use quote::quote;
use syn::{
    Attribute, Error, Expr, ExprLit, ExprRange, ExprUnary, Field, GenericArgument, Ident, Lit, LitStr, PathArguments,
    RangeLimits, Result, Type, UnOp, meta::ParseNestedMeta, spanned::Spanned,
};

/// A version range as written; `i16::MAX` is "and all later ones".
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Range {
    first: i16,
    last: i16,
}

impl Range {
    pub(crate) const ALL: Self = Self { first: 0, last: i16::MAX };
    pub(crate) const NONE: Self = Self { first: 0, last: -1 };

    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let expr: Expr = meta.value()?.parse()?;
        match &expr {
            Expr::Path(path) if path.path.is_ident("none") => Ok(Self::NONE),
            Expr::Range(range) => Self::from_expr(range),
            Expr::Lit(_) => version(&expr).map(|v| Self { first: v, last: v }),
            _ => Err(Error::new(expr.span(), "expected versions such as `3..=5`, `3..`, `..=5`, `4` or `none`")),
        }
    }

    fn from_expr(range: &ExprRange) -> Result<Self> {
        if let (RangeLimits::HalfOpen(_), Some(_)) = (&range.limits, &range.end) {
            return Err(Error::new(range.span(), "write `a..=b`: version ranges include their end"));
        }
        Ok(Self {
            first: range.start.as_deref().map_or(Ok(0), version)?,
            last: range.end.as_deref().map_or(Ok(i16::MAX), version)?,
        })
    }

    pub(crate) fn is_all(self) -> bool {
        self == Self::ALL
    }

    /// An expression that says whether `version` (an `i16` expression) lies in the range.
    pub(crate) fn holds(self, version: &TokenStream) -> TokenStream {
        let Self { first, last } = self;
        match (first, last) {
            _ if first > last => quote!(false),
            (0, i16::MAX) => quote!(true),
            (0, last) => quote!((#version <= #last)),
            (first, i16::MAX) => quote!((#version >= #first)),
            (first, last) => quote!((#first <= #version && #version <= #last)),
        }
    }

    /// The range as a schema constant.
    pub(crate) fn schema(self) -> TokenStream {
        let Self { first, last } = self;
        quote!(::ottla_protocol::wire::schema::VersionRange::new(#first, #last))
    }
}

fn version(expr: &Expr) -> Result<i16> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => int.base10_parse(),
        _ => Err(Error::new(expr.span(), "expected a version number")),
    }
}

/// A default that is not the type's zero.
pub(crate) enum Default {
    Null,
    /// Where it is written goes along, so that the compiler says it there if the field's type has no room for it.
    Int(i64, Span),
    Bool(bool),
    Str(String),
}

impl Default {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let expr: Expr = meta.value()?.parse()?;
        match &expr {
            Expr::Path(path) if path.path.is_ident("null") => Ok(Self::Null),
            Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) => Ok(Self::Bool(value.value)),
            Expr::Lit(ExprLit { lit: Lit::Str(value), .. }) => Ok(Self::Str(value.value())),
            Expr::Lit(ExprLit { lit: Lit::Int(value), .. }) => {
                value.base10_parse().map(|number| Self::Int(number, value.span()))
            }
            Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => match &**expr {
                // Parsed with its sign, for the magnitude of `i64::MIN` alone is out of range.
                Expr::Lit(ExprLit { lit: Lit::Int(value), .. }) => format!("-{}", value.base10_digits())
                    .parse()
                    .map(|number| Self::Int(number, value.span()))
                    .map_err(|_| Error::new(expr.span(), "out of range")),
                _ => Err(Error::new(expr.span(), "expected an integer")),
            },
            _ => Err(Error::new(expr.span(), "expected an integer, a truth value, a string or `null`")),
        }
    }

    pub(crate) fn literal(&self) -> TokenStream {
        match self {
            Self::Null => quote!(),
            Self::Int(value, span) => {
                let mut literal = Literal::i64_unsuffixed(*value);
                literal.set_span(*span);
                quote!(#literal)
            }
            Self::Bool(value) => quote!(#value),
            Self::Str(value) => quote!(#value),
        }
    }

    pub(crate) fn schema(&self) -> TokenStream {
        let path = quote!(::ottla_protocol::wire::schema::DefaultSchema);
        let literal = self.literal();
        match self {
            Self::Null => quote!(#path::Null),
            Self::Int(..) => quote!(#path::Int(#literal)),
            Self::Bool(_) => quote!(#path::Bool(#literal)),
            Self::Str(_) => quote!(#path::Str(#literal)),
        }
    }
}

/// A field and its attributes.
pub(crate) struct WireField {
    pub(crate) ident: Ident,
    /// The type as declared.
    pub(crate) declared: Type,
    /// The type without `Option`.
    pub(crate) inner: Type,
    pub(crate) optional: bool,
    pub(crate) name: String,
    pub(crate) versions: Range,
    pub(crate) nullable: Range,
    pub(crate) tag: Option<u32>,
    pub(crate) tagged: Range,
    pub(crate) default: Option<Default>,
    pub(crate) ignorable: bool,
    pub(crate) never_flexible: bool,
}

impl WireField {
    pub(crate) fn parse(field: &Field) -> Result<Self> {
        let ident = field.ident.clone().ok_or_else(|| Error::new(field.span(), "fields need names"))?;
        let option = option_argument(&field.ty);
        let mut parsed = Self {
            name: ident.to_string().trim_start_matches("r#").to_owned(),
            ident,
            declared: field.ty.clone(),
            inner: option.unwrap_or(&field.ty).clone(),
            optional: option.is_some(),
            versions: Range::ALL,
            nullable: Range::ALL,
            tag: None,
            tagged: Range::ALL,
            default: None,
            ignorable: false,
            never_flexible: false,
        };
        let mut tagged = None;
        for attribute in attributes(&field.attrs, "wire") {
            attribute.parse_nested_meta(|meta| parsed.set(&meta, &mut tagged))?;
        }
        parsed.tagged = tagged.unwrap_or(parsed.versions);
        parsed.check(field.span())
    }

    fn set(&mut self, meta: &ParseNestedMeta<'_>, tagged: &mut Option<Range>) -> Result<()> {
        let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
        match key.as_str() {
            "versions" => self.versions = Range::parse(meta)?,
            "nullable" => self.nullable = Range::parse(meta)?,
            "tag" => self.tag = Some(meta.value()?.parse::<syn::LitInt>()?.base10_parse()?),
            "tagged" => *tagged = Some(Range::parse(meta)?),
            "default" => self.default = Some(Default::parse(meta)?),
            "ignorable" => self.ignorable = true,
            "flexible" => self.never_flexible = Range::parse(meta)? == Range::NONE,
            "name" => self.name = meta.value()?.parse::<LitStr>()?.value(),
            _ => return Err(meta.error("not an attribute of a field")),
        }
        Ok(())
    }

    fn check(self, span: Span) -> Result<Self> {
        if !self.optional && !self.nullable.is_all() {
            return Err(Error::new(span, "`nullable` needs an `Option`"));
        }
        if !self.optional && matches!(self.default, Some(Default::Null)) {
            return Err(Error::new(span, "`default = null` needs an `Option`"));
        }
        if self.tag.is_some() && self.tagged != self.versions {
            return Err(Error::new(span, "a field that is tagged in some of its versions only is not supported"));
        }
        Ok(self)
    }
}

/// What `#[message(..)]` says.
pub(crate) struct MessageAttribute {
    pub(crate) kind: Ident,
    pub(crate) key: Option<i16>,
    pub(crate) versions: Range,
    pub(crate) flexible: Range,
    pub(crate) response: Option<Type>,
    pub(crate) unstable: bool,
    pub(crate) name: Option<String>,
}

impl MessageAttribute {
    pub(crate) fn parse(attrs: &[Attribute], span: Span) -> Result<Self> {
        let mut kind = None;
        let mut versions = None;
        let mut parsed = Self {
            kind: Ident::new("data", span),
            key: None,
            versions: Range::ALL,
            flexible: Range::NONE,
            response: None,
            unstable: false,
            name: None,
        };
        for attribute in attributes(attrs, "message") {
            attribute.parse_nested_meta(|meta| {
                let key = meta.path.get_ident().map(Ident::to_string).unwrap_or_default();
                match key.as_str() {
                    "kind" => kind = Some(meta.value()?.parse()?),
                    "versions" => versions = Some(Range::parse(&meta)?),
                    "flexible" => parsed.flexible = Range::parse(&meta)?,
                    "key" => parsed.key = Some(meta.value()?.parse::<syn::LitInt>()?.base10_parse()?),
                    "response" => parsed.response = Some(meta.value()?.parse()?),
                    "unstable" => parsed.unstable = true,
                    "name" => parsed.name = Some(meta.value()?.parse::<LitStr>()?.value()),
                    _ => return Err(meta.error("not an attribute of a message")),
                }
                Ok(())
            })?;
        }
        parsed.kind = kind.ok_or_else(|| Error::new(span, "`#[message(kind = ..)]` is missing"))?;
        parsed.versions = versions.ok_or_else(|| Error::new(span, "`#[message(versions = ..)]` is missing"))?;
        Ok(parsed)
    }
}

fn attributes<'a>(attrs: &'a [Attribute], name: &'a str) -> impl Iterator<Item = &'a Attribute> {
    attrs.iter().filter(move |attribute| attribute.path().is_ident(name))
}

/// The `T` of `Option<T>`.
fn option_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) if last.ident == "Option" => Some(inner),
        _ => None,
    }
}
