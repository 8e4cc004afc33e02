"""An operation of an integration platform's WebService that takes a stretch of time and answers with XML."""
