fn main() {
    println!("cargo:rerun-if-changed=src/valgrind.c");
    cc::Build::new().file("src/valgrind.c").compile("requests");
}
