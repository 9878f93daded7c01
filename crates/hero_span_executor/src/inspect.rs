//! What flows a file has, found out without running any.

use std::convert::Infallible;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;

use crate::control::{Control, Loaded, Raised};
use crate::executor::Executor;
use crate::flow::FlowInfo;
use crate::place::Place;
use crate::run::command;
use crate::supervise::{End, Piece, Supervised};
use crate::{Error, Request};

/// A module that only defines gets no time to end.
const GRACE: Duration = Duration::from_millis(200);

/// What of a module's own output is kept.
const PRINTED: u64 = 64 * 1024;

/// A file that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspected {
    /// Its flows, in the order in which they are defined; or why they cannot
    /// be known.
    pub flows: Result<Vec<FlowInfo>, Unloadable>,
    /// What its module printed meanwhile, the first 64 KiB of it.
    pub printed: Vec<Piece>,
}

/// Why a file's flows are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unloadable {
    /// It raised an exception.
    Broken(Raised),
    /// Its process ended before it was loaded.
    Ended(End),
}

pub(crate) async fn inspect(
    executor: &Executor,
    request: Request,
    _turn: Option<OwnedSemaphorePermit>,
) -> Result<Inspected, Error> {
    let shared = &executor.shared;
    let file = crate::run::absolute(&request.file)?;
    let directory = request.directory.clone().unwrap_or_else(|| ".".into());
    let directory = crate::run::absolute(&directory)?;
    let place = Place::make(shared.places_in.as_deref())?;
    let path = place.path("c");
    // Nobody listens for spans: a module that makes some has the SDK off.
    let nobody = place.path("s");
    let command = command(shared, &request, &file, &directory, &nobody, &path)?;
    let command = command.most_output(PRINTED);
    let control = Control::bind(&path).map_err(|e| Error::system(&path, "listen", e))?;
    let deadline = request.deadline();
    let (supervised, mut output) = Supervised::start(&command).await?;
    let mut loaded = None;
    let looking = async {
        if let Ok(mut stub) = control.accept().await {
            loaded = stub.hear().await;
        }
        // It has nothing to run, and ends.
        std::future::pending::<Infallible>().await
    };
    let ending = tokio::select! {
        biased;
        never = looking => match never {},
        ending = supervised.wait_until(deadline, GRACE) => ending,
    };
    let mut printed = Vec::new();
    while let Some(piece) = output.next().await {
        printed.push(piece);
    }
    let flows = match loaded {
        Some(Loaded::Flows(flows)) => Ok(flows),
        Some(Loaded::Broken(raised)) => Err(Unloadable::Broken(raised)),
        None => Err(Unloadable::Ended(ending.end)),
    };
    Ok(Inspected { flows, printed })
}
