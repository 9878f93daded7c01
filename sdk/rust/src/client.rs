//! Calls of clients: each is a span of kind `rpc`.

use std::borrow::Cow;
use std::fmt::Debug;
use std::future::Future;
use std::ops::{Deref, DerefMut};

use crate::builder::Builder;
use crate::event::Kind;
use crate::failure::Failure;
use crate::span::Span;
use crate::text;
use crate::value::{ToValue, Value};

/// A call of a client's method, about to be made: a span of kind `rpc` that is called
/// `rpc:Class.method`, with the arguments as its params and what the method gives as its result.
///
/// [`call!`](crate::call!) and [`instrument!`](crate::instrument!) write this for you.
///
/// ```
/// use hero_tracing::{Failed, rpc};
///
/// fn ask(_query: &str) -> Result<u64, Failed> {
///     Ok(42)
/// }
///
/// let query = "SELECT 6 * 7";
/// let answer = rpc("Database", "ask").arg(query).named("limit", 1).run(|_| ask(query));
/// assert_eq!(answer, Ok(42));
/// ```
pub fn rpc<'a>(class: &str, method: &str) -> Call<'a> {
    let mut call = Call {
        builder: Builder::new(Kind::Rpc, ""),
        args: Vec::new(),
        named: Vec::new(),
    };
    call.builder.rename(|| format!("rpc:{class}.{method}"));
    call
}

/// See [`rpc`].
#[must_use = "a call's span starts when the call is run"]
#[derive(Debug)]
pub struct Call<'a> {
    builder: Builder<'a>,
    args: Vec<Value<'a>>,
    named: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Call<'a> {
    /// Adds an argument.
    pub fn arg(mut self, value: impl Into<Value<'a>>) -> Self {
        if self.is_heard() {
            self.args.push(value.into());
        }
        self
    }

    /// Adds an argument that is passed by its name.
    pub fn named(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) -> Self {
        if self.is_heard() {
            self.named.push((name.into(), value.into()));
        }
        self
    }

    /// Makes the call within its span, and records what it gives.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub fn run<T: ToValue, E: Failure<By>, By>(
        self,
        call: impl FnOnce(&Span) -> Result<T, E>,
    ) -> Result<T, E> {
        self.into_builder().run(|span| {
            let given = call(span);
            if let Ok(value) = &given {
                span.result(value);
            }
            given
        })
    }

    /// The same for a call that is a future.
    ///
    /// # Errors
    ///
    /// Those of the call.
    pub async fn run_async<T: ToValue, E: Failure<By>, By, Work>(
        self,
        call: impl FnOnce(Span) -> Work,
    ) -> Result<T, E>
    where
        Work: Future<Output = Result<T, E>>,
    {
        let builder = self.into_builder();
        builder
            .run_async(async |span: Span| {
                let given = call(span.clone()).await;
                if let Ok(value) = &given {
                    span.result(value);
                }
                given
            })
            .await
    }

    /// The call's span, to be run by its own ways.
    pub fn into_builder(self) -> Builder<'a> {
        let mut params: Vec<(&str, Value<'a>)> = Vec::new();
        if !self.args.is_empty() {
            params.push(("args", Value::array(self.args)));
        }
        if !self.named.is_empty() {
            params.push(("kwargs", Value::object(self.named)));
        }
        if params.is_empty() {
            self.builder
        } else {
            self.builder.params(Value::object(params))
        }
    }

    #[doc(hidden)]
    pub fn is_heard(&self) -> bool {
        self.builder.is_heard()
    }
}

/// Stands for a client: what a trait does that [`instrument!`](crate::instrument!) was told of is
/// recorded, everything else of the client is reached as before.
pub fn instrument<T>(client: T) -> Instrumented<T> {
    instrument_as(text::short_type_name::<T>(), client)
}

/// The same, with calls named after another class.
pub fn instrument_as<T>(class: impl Into<Cow<'static, str>>, client: T) -> Instrumented<T> {
    Instrumented {
        client,
        class: class.into(),
    }
}

/// See [`instrument`].
#[derive(Clone, Debug)]
pub struct Instrumented<T> {
    client: T,
    class: Cow<'static, str>,
}

impl<T> Instrumented<T> {
    /// The client itself.
    pub fn into_inner(self) -> T {
        self.client
    }

    #[doc(hidden)]
    pub fn class(&self) -> &str {
        &self.class
    }
}

impl<T> Deref for Instrumented<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.client
    }
}

impl<T> DerefMut for Instrumented<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.client
    }
}

/// Makes each call of a trait's methods a span, for all clients that
/// [`instrument`](crate::instrument()) stands for. The trait must be your own.
///
/// Arguments and results are recorded as values, else by `{:?}`, else by the name of their type.
/// An error that a method gives fails its span.
///
/// ```
/// use hero_tracing::{Failed, instrument};
///
/// trait Store {
///     fn fetch(&self, key: &str, limit: usize) -> Result<Vec<String>, Failed>;
///     fn close(&mut self);
/// }
///
/// hero_tracing::instrument! {
///     impl Store {
///         fn fetch(&self, key: &str, limit: usize) -> Result<Vec<String>, Failed>;
///         fn close(&mut self);
///     }
/// }
///
/// struct Memory;
///
/// impl Store for Memory {
///     fn fetch(&self, key: &str, limit: usize) -> Result<Vec<String>, Failed> {
///         Ok(vec![key.to_owned(); limit])
///     }
///     fn close(&mut self) {}
/// }
///
/// let mut store = instrument(Memory); // spans are called rpc:Memory.fetch and rpc:Memory.close
/// assert_eq!(store.fetch("a", 2).unwrap().len(), 2);
/// store.close();
/// ```
#[macro_export]
macro_rules! instrument {
    (impl $($name:ident)::+ { $($methods:tt)* }) => {
        impl<T: $($name)::+> $($name)::+ for $crate::Instrumented<T> {
            $crate::__methods!([$($name)::+] $($methods)*);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __methods {
    ($of:tt) => {};
    ([$($of:tt)*] fn $method:ident (&self $(, $arg:ident : $kind:ty)* $(,)?) $(-> $given:ty)?; $($rest:tt)*) => {
        fn $method(&self $(, $arg: $kind)*) $(-> $given)? {
            $crate::__run!(self.class(), stringify!($method), [$($arg)*],
                <T as $($of)*>::$method(self $(, $arg)*))
        }
        $crate::__methods!([$($of)*] $($rest)*);
    };
    ([$($of:tt)*] fn $method:ident (&mut self $(, $arg:ident : $kind:ty)* $(,)?) $(-> $given:ty)?; $($rest:tt)*) => {
        fn $method(&mut self $(, $arg: $kind)*) $(-> $given)? {
            $crate::__run!(self.class(), stringify!($method), [$($arg)*],
                <T as $($of)*>::$method(self $(, $arg)*))
        }
        $crate::__methods!([$($of)*] $($rest)*);
    };
    ([$($of:tt)*] async fn $method:ident (&self $(, $arg:ident : $kind:ty)* $(,)?) $(-> $given:ty)?; $($rest:tt)*) => {
        async fn $method(&self $(, $arg: $kind)*) $(-> $given)? {
            $crate::__run_async!(self.class(), stringify!($method), [$($arg)*],
                <T as $($of)*>::$method(self $(, $arg)*))
        }
        $crate::__methods!([$($of)*] $($rest)*);
    };
    ([$($of:tt)*] async fn $method:ident (&mut self $(, $arg:ident : $kind:ty)* $(,)?) $(-> $given:ty)?; $($rest:tt)*) => {
        async fn $method(&mut self $(, $arg: $kind)*) $(-> $given)? {
            $crate::__run_async!(self.class(), stringify!($method), [$($arg)*],
                <T as $($of)*>::$method(self $(, $arg)*))
        }
        $crate::__methods!([$($of)*] $($rest)*);
    };
}

/// Makes one call of any client's method a span: write the call as it is, also with `.await`.
///
/// ```
/// use hero_tracing::call;
///
/// let mut words = vec!["pear", "apple"];
/// call!(words.sort()); // rpc:Vec.sort
/// assert_eq!(call!(words.first()), Some(&"apple"));
/// assert_eq!(call!((words.join(" ")).len()), 10); // rpc:String.len
/// ```
#[macro_export]
macro_rules! call {
    ($client:tt . $method:ident ( $($arg:expr),* $(,)? ) . await) => {
        $crate::__call!(__run_async $client $method [] $($arg,)*)
    };
    ($client:tt . $method:ident ( $($arg:expr),* $(,)? )) => {
        $crate::__call!(__run $client $method [] $($arg,)*)
    };
}

/// Each argument is evaluated once, under a name that no other has.
#[doc(hidden)]
#[macro_export]
macro_rules! __call {
    ($run:ident $client:tt $method:ident [$($done:ident)*] $first:expr, $($rest:expr,)*) => {
        match $first {
            arg => $crate::__call!($run $client $method [$($done)* arg] $($rest,)*),
        }
    };
    ($run:ident $client:tt $method:ident [$($done:ident)*]) => {
        $crate::$run!(
            &$crate::__private::class_of(&$client),
            stringify!($method),
            [$($done)*],
            $client.$method($($done),*)
        )
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __begin {
    ($class:expr, $method:expr, [$($arg:ident)*]) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ShownByDebug as _, ShownByName as _, ShownByValue as _};
        let begun = $crate::rpc($class, $method);
        if begun.is_heard() {
            begun $(.arg((&&&$crate::__private::Show(&$arg)).shown().into_owned()))* .into_builder()
        } else {
            begun.into_builder()
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __settle {
    ($span:expr, $given:expr) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            GivenAny as _, GivenResult as _, ShownByDebug as _, ShownByName as _, ShownByValue as _,
        };
        if $span.id().is_some() {
            match (&&$crate::__private::Given($given)).outcome() {
                Ok(value) => {
                    $span.result((&&&$crate::__private::Show(value)).shown());
                }
                Err(error) => {
                    $span.fail(error);
                }
            }
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __run {
    ($class:expr, $method:expr, [$($arg:ident)*], $call:expr) => {{
        let builder = $crate::__begin!($class, $method, [$($arg)*]);
        builder.scope(|span| {
            let given = $call;
            $crate::__settle!(span, &given);
            given
        })
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __run_async {
    ($class:expr, $method:expr, [$($arg:ident)*], $call:expr) => {{
        let builder = $crate::__begin!($class, $method, [$($arg)*]);
        builder
            .scope_async(async |span: $crate::Span| {
                let given = $call.await;
                $crate::__settle!(span, &given);
                given
            })
            .await
    }};
}

/// What the macros ask of the types that they find: the first trait that a type has is taken.
#[doc(hidden)]
pub mod __private {
    use super::{Debug, ToValue, Value, text};
    use std::convert::Infallible;

    pub fn class_of<T>(_client: &T) -> String {
        text::short_type_name::<T>()
    }

    pub struct Show<'a, T: ?Sized>(pub &'a T);

    pub trait ShownByValue<'a> {
        fn shown(&self) -> Value<'a>;
    }

    impl<'a, T: ToValue + ?Sized> ShownByValue<'a> for &&Show<'a, T> {
        fn shown(&self) -> Value<'a> {
            self.0.to_value()
        }
    }

    pub trait ShownByDebug {
        fn shown(&self) -> Value<'static>;
    }

    impl<T: Debug + ?Sized> ShownByDebug for &Show<'_, T> {
        fn shown(&self) -> Value<'static> {
            Value::debug(self.0)
        }
    }

    pub trait ShownByName {
        fn shown(&self) -> Value<'static>;
    }

    impl<T: ?Sized> ShownByName for Show<'_, T> {
        fn shown(&self) -> Value<'static> {
            format!("<{}>", text::short_type_name::<T>()).into()
        }
    }

    pub struct Given<'a, T>(pub &'a T);

    pub trait GivenResult<'a> {
        type Value;
        type Error;
        fn outcome(&self) -> Result<&'a Self::Value, &'a Self::Error>;
    }

    impl<'a, T, E> GivenResult<'a> for &Given<'a, Result<T, E>> {
        type Value = T;
        type Error = E;
        fn outcome(&self) -> Result<&'a T, &'a E> {
            self.0.as_ref()
        }
    }

    pub trait GivenAny<'a> {
        type Value;
        fn outcome(&self) -> Result<&'a Self::Value, &'a Infallible>;
    }

    impl<'a, T> GivenAny<'a> for Given<'a, T> {
        type Value = T;
        fn outcome(&self) -> Result<&'a T, &'a Infallible> {
            Ok(self.0)
        }
    }
}
