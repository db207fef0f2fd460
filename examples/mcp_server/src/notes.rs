//! The tools: notes in memory.

use std::sync::{Arc, Mutex, PoisonError};

use http::request::Parts;
use rmcp::handler::server::common::Extension;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ErrorData, ServerHandler, schemars, tool, tool_handler, tool_router};
use serde::Deserialize;
use tower_jwt_auth::Claims;

/// The notes that all callers share.
#[derive(Clone, Default)]
pub(crate) struct NotesServer {
    notes: Arc<Mutex<Vec<String>>>,
}

#[derive(Deserialize, schemars::JsonSchema)]
struct NewNote {
    text: String,
}

#[tool_router]
impl NotesServer {
    #[tool(description = "Lists the notes. Requires the scope notes:read.")]
    fn list_notes(&self) -> String {
        self.notes().join("\n")
    }

    #[tool(description = "Adds a note. Requires the scope notes:write.")]
    fn add_note(
        &self,
        Parameters(NewNote { text }): Parameters<NewNote>,
        Extension(parts): Extension<Parts>,
    ) -> Result<String, ErrorData> {
        let claims = parts.extensions.get::<Claims>();
        let claims = claims.ok_or_else(|| ErrorData::internal_error("no claims", None))?;
        let note = format!("{}: {text}", claims.subject().unwrap_or("anonymous"));
        self.notes().push(note.clone());
        Ok(note)
    }

    #[tool(description = "Deletes all notes. Requires the scope notes:admin.")]
    fn delete_notes(&self) -> String {
        self.notes().clear();
        "deleted".to_owned()
    }

    fn notes(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tool_handler(name = "notes")]
impl ServerHandler for NotesServer {}
