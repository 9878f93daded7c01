//! What this process holds in memory.

/// Bytes that are resident now.
pub(crate) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("readable");
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let digits: String = line
        .expect("a figure")
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    digits.parse::<u64>().expect("a number") * 1024
}
