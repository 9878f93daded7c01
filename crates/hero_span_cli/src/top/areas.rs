//! What stands where on the screen.

use ratatui::layout::Rect;

/// What the keys move in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Runs,
    Tree,
    Details,
}

impl Pane {
    pub(super) fn next(self) -> Self {
        match self {
            Self::Runs => Self::Tree,
            Self::Tree => Self::Details,
            Self::Details => Self::Runs,
        }
    }

    pub(super) fn previous(self) -> Self {
        self.next().next()
    }
}

/// Below this width, runs and the tree do not stand side by side.
const SIDE_BY_SIDE: u16 = 60;

/// From this width on, there is room for all that is told of a run.
const SPACIOUS: u16 = 100;

/// The parts of the screen; what is not shown is empty. Each pane's first row
/// is its title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Areas {
    pub(super) header: Rect,
    pub(super) runs: Rect,
    /// Stands between the runs and the rest.
    pub(super) rule: Rect,
    pub(super) tree: Rect,
    pub(super) details: Rect,
    pub(super) footer: Rect,
}

impl Areas {
    /// `zoomed` gives all the room to the pane that the keys move in.
    pub(super) fn of((width, height): (u16, u16), pane: Pane, zoomed: bool) -> Self {
        let body_height = height.saturating_sub(2);
        let body = Rect::new(0, 1.min(height), width, body_height);
        let runs_width = match (pane, zoomed) {
            (Pane::Runs, true) => width,
            (_, true) => 0,
            (Pane::Runs, _) if width < SIDE_BY_SIDE => width,
            _ if width < SIDE_BY_SIDE => 0,
            _ if width < SPACIOUS => 24,
            _ => (width / 3).min(42),
        };
        let rule_width = u16::from(runs_width > 0 && runs_width < width);
        let left = runs_width + rule_width;
        let details_height = match (pane, zoomed) {
            (Pane::Details, true) => body_height,
            (_, true) => 0,
            (Pane::Details, _) => body_height * 2 / 3,
            _ if body_height < 10 => 0,
            _ => (body_height / 3).clamp(5, 14),
        };
        let tree_height = body_height - details_height;
        let column =
            |x: u16, y: u16, width: u16, height: u16| Rect::new(x, body.y + y, width, height);
        Self {
            header: Rect::new(0, 0, width, height.min(1)),
            runs: column(0, 0, runs_width, body_height),
            rule: column(runs_width, 0, rule_width, body_height),
            tree: column(left, 0, width - left, tree_height),
            details: column(left, tree_height, width - left, details_height),
            footer: Rect::new(0, height.saturating_sub(1), width, u16::from(height > 1)),
        }
    }
}

/// The rows of a pane below its title.
pub(super) fn rows(pane: Rect) -> usize {
    usize::from(pane.height.saturating_sub(1))
}
