mod fake_server;
mod nut;
