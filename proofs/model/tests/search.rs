//! The search visits all states: as many as there are without it, if those that differ only in names count once.

use std::collections::HashSet;

use proof_model::{Planted, Window, check::all_states, paths::Graph, protocol::Protocol, store::Kind};

#[test]
fn no_state_is_left_out_because_another_one_is_taken_for_it() {
    for store in Kind::ALL {
        for (replicas, events, strays, windows) in
            [(2, 1, 0, Window::ALL.to_vec()), (3, 1, 0, Vec::new()), (2, 2, 0, Vec::new())]
        {
            let protocol =
                Protocol { store, replicas, events, strays, windows, once: false, planted: Planted::Nothing };
            let graph = Graph::of(&protocol);
            let different: HashSet<_> = graph.states().iter().map(|state| protocol.canonical(state)).collect();
            println!("{store:?}: {} states, {} but for names", graph.states().len(), different.len());
            assert_eq!(all_states(&protocol, 1).states, different.len());
        }
    }
}
